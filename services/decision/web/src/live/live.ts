/** What the stream says, taken into what the page shows. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Row, Shop, Summary } from "../api/client";
import { createStore } from "../store";
import type { StreamEvent } from "./events";
import { takePart, type Connection } from "./leader";
import { rows } from "./rows";

export const connection = createStore<Connection>("connecting");
/** When the page last knew that it was up to date. */
export const lastLiveAt = createStore<number>(Date.now());

const RECOUNT_MS = 1_500;
/** Of a long list so many pages are read again at once; what lies below is read when it is scrolled to. */
const PAGES_READ_AGAIN = 3;

export const keys = {
  session: ["session"] as const,
  list: ["list"] as const,
  summary: ["summary"] as const,
  everything: ["summary", "everything"] as const,
  narrowed: ["summary", "narrowed"] as const,
  shops: ["shops"] as const,
  request: (id: string) => ["request", id] as const,
  timeline: (id: string) => ["timeline", id] as const,
};

/** Listen until the returned function is called. */
export function listen(queries: QueryClient, onSessionChanged: () => void): { stop: () => void; sessionChanged: () => void } {
  const recount = throttled(() => void queries.invalidateQueries({ queryKey: keys.narrowed }), RECOUNT_MS);
  const readAgain = () => {
    queries.setQueriesData<InfiniteData<unknown>>({ queryKey: keys.list }, (list) => list && firstPages(list));
    // Who is signed in is known otherwise.
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
  };
  countNow = () => void queries.invalidateQueries({ queryKey: keys.summary });

  const part = takePart({
    onEvent: (event) => {
      lastLiveAt.set(Date.now());
      take(queries, event, recount, readAgain);
    },
    onConnection: (now) => connection.set(now),
    onSessionChanged,
    onSignedOut: onSessionChanged,
  });
  return {
    sessionChanged: part.sessionChanged,
    stop: () => {
      countNow = () => undefined;
      recount.cancel();
      part.stop();
    },
  };
}

let countNow: () => void = () => undefined;

/** After a decision of our own: the stream tells the new counts, but not while it is cut. */
export function countDecided(): void {
  if (connection.get() !== "live") countNow();
}

export function firstPages<T>(list: InfiniteData<T>): InfiniteData<T> {
  if (list.pages.length <= PAGES_READ_AGAIN) return list;
  return { pages: list.pages.slice(0, PAGES_READ_AGAIN), pageParams: list.pageParams.slice(0, PAGES_READ_AGAIN) };
}

function take(queries: QueryClient, { name, data }: StreamEvent, recount: () => void, readAgain: () => void): void {
  if (name === "request") {
    const row = JSON.parse(data) as Row;
    rows.put([row]);
    void queries.invalidateQueries({ queryKey: keys.request(row.id) });
    void queries.invalidateQueries({ queryKey: keys.timeline(row.id) });
  } else if (name === "summary") {
    queries.setQueryData<Summary>(keys.everything, JSON.parse(data) as Summary);
    recount();
  } else if (name === "shop") {
    const told = JSON.parse(data) as Shop;
    queries.setQueryData<Shop[]>(keys.shops, (shops) => shops && replaced(shops, told));
  } else if (name === "reset") {
    readAgain();
  }
}

function replaced(shops: readonly Shop[], told: Shop): Shop[] {
  const same = (shop: Shop) => shop.channel === told.channel && shop.shop_id === told.shop_id;
  return shops.some(same) ? shops.map((shop) => (same(shop) ? told : shop)) : [...shops, told];
}

/** At once, then at most once per interval, and once more at its end. */
export function throttled(act: () => void, milliseconds: number): (() => void) & { cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = () => {
    if (timer !== undefined) {
      again = true;
      return;
    }
    act();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) {
        again = false;
        run();
      }
    }, milliseconds);
  };
  return Object.assign(run, {
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
      again = false;
    },
  });
}
