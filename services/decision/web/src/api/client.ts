/** The decision service's API, typed by its own document. Failures are thrown: `Refused` (the service says no) or `Unreachable`. */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Row = Schemas["RequestRow"];
export type Whole = Schemas["RequestOut"];
export type Line = Schemas["LineOut"];
export type Summary = Schemas["Summary"];
export type Shop = Schemas["ShopOut"];
export type Money = Schemas["MoneyOut"];
export type Fulfilment = Schemas["Fulfilment"];
export type OfferedReason = Schemas["OfferedReason"];
export type OfferedReasons = Schemas["OfferedReasons"];
export type BulkResult = Schemas["BulkResult"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type AlertKind = Schemas["Acknowledgement"]["alert"];

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  role?: string;
  request?: Row;
}

/** The service answered, and the answer is no. */
export class Refused extends Error {
  readonly slug: string;

  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super(problem.title);
    this.name = "Refused";
    this.slug = slugOf(problem);
  }
}

/** Nobody answered: whether anything was done is not known. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export const slugOf = (problem: { type?: unknown }): string =>
  typeof problem.type === "string" ? problem.type.replace("/problems/", "") : "internal";

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Calls back whenever the service no longer knows who asks. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

const watchSession: Middleware = {
  onResponse({ response, request, schemaPath }) {
    // Signing in with a wrong word is also 401, and no news.
    const isNews = response.status === 401 && !(request.method === "POST" && schemaPath === "/v1/session");
    if (isNews) for (const listener of signedOutListeners) listener();
  },
};

// Other sites can't send this header: with the cookie it proves that the page itself asks.
export const api = createClient<paths>({ baseUrl: window.location.origin, headers: { "X-Requested-With": "zetpy" } });
api.use(watchSession);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws `Refused` or `Unreachable`. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const answer = await asked.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(String(error));
  });
  if (answer.response.ok) return answer.data as T;
  throw refusal(answer.error, answer.response);
}

function refusal(error: unknown, response: Response): Refused | Unreachable {
  const known = typeof error === "object" && error !== null && "type" in error;
  // A proxy's own 502 is no word of the service.
  if (!known && response.status >= 500) return new Unreachable(`status ${response.status}`);
  const problem: Problem = known
    ? (error as Problem)
    : { type: "/problems/internal", title: response.statusText, status: response.status };
  const seconds = Number(response.headers.get("Retry-After"));
  return new Refused(problem, Number.isFinite(seconds) && seconds > 0 ? seconds : undefined);
}

/** A write with a key of its own: sent again when nobody answered, it is done once all the same. */
export async function written<T>(send: (headers: { "Idempotency-Key": string }) => Promise<Answer<T>>): Promise<T> {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  try {
    return await answered(send(headers));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return answered(send(headers));
  }
}
