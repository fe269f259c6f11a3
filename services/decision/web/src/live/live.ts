/** What the stream says, taken into what the page shows. */
import type { QueryClient } from "@tanstack/react-query";
import type { Row, Shop, Summary } from "../api/client";
import { createStore } from "../store";
import type { StreamEvent } from "./events";
import { takePart, type Connection } from "./leader";
import { rows } from "./rows";

export const connection = createStore<Connection>("connecting");
/** When the page last knew that it was up to date. */
export const lastLiveAt = createStore<number>(Date.now());

const RECOUNT_MS = 1_500;

export const keys = {
  me: ["me"] as const,
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
  const readAgain = () => void queries.invalidateQueries();

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
      recount.cancel();
      part.stop();
    },
  };
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
