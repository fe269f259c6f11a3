/** Holds the stream of changes open: reconnects, resumes, and notices silence. */
import { EventParser, type StreamEvent } from "./events";

const URL_OF_STREAM = "/v1/cancel-requests/stream";
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
const LONGEST_RETRY_AFTER_MS = 300_000;
// The service says something at least every 15 s; three times as long is a dead connection that nobody told us about.
const SILENCE_MS = 45_000;

export interface StreamHandlers {
  onEvent: (event: StreamEvent) => void;
  /** `resumed`: nothing was missed, or the service says what to do about it. */
  onOpen: (resumed: boolean) => void;
  onLost: () => void;
  onSignedOut: () => void;
}

/** Runs until the signal says stop. `lastId`: what was heard last, from whoever held the stream before. */
export async function holdStream(handlers: StreamHandlers, signal: AbortSignal, lastId: string): Promise<void> {
  let heard = lastId;
  let wait = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop);
    try {
      const answer = await fetch(URL_OF_STREAM, {
        headers: { Accept: "text/event-stream", ...(heard ? { "Last-Event-ID": heard } : {}) },
        cache: "no-store",
        signal: attempt.signal,
      });
      if (answer.status === 401) {
        handlers.onSignedOut();
        return;
      }
      // Too many streams, or a service that stops: it knows best when to come back.
      wait = Math.max(wait, retryAfterMs(answer.headers.get("Retry-After")));
      if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
      handlers.onOpen(heard !== "");
      wait = FIRST_RETRY_MS;
      await readAll(answer.body, attempt, (event) => {
        heard = event.id || heard;
        handlers.onEvent(event);
      });
    } catch {
      // Whatever cut it: the loop connects again.
    } finally {
      signal.removeEventListener("abort", stop);
      attempt.abort();
    }
    if (isAborted(signal)) return;
    handlers.onLost();
    await pause(wait * (1 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, LAST_RETRY_MS);
  }
}

/** 0 when it says nothing that we understand. */
export function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) : 0;
}

// The signal changes while we wait, which the compiler can't know.
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function readAll(body: ReadableStream<Uint8Array>, attempt: AbortController, onEvent: (event: StreamEvent) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const parser = new EventParser();
  let silence = setTimeout(() => attempt.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENCE_MS);
      for (const event of parser.take(value)) onEvent(event);
    }
  } finally {
    clearTimeout(silence);
  }
}

/** Waits, but not once the browser says that the network is back. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
