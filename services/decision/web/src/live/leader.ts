/** One stream per browser: the tab that holds the lock listens and tells the others. HTTP/1.1 allows six connections in all. */
import type { StreamEvent } from "./events";
import { holdStream } from "./stream";

export type Connection = "connecting" | "live" | "lost";

type Word =
  | { kind: "event"; event: StreamEvent }
  | { kind: "connection"; connection: Connection }
  | { kind: "what-is" }
  | { kind: "session-changed" };

export interface LiveHandlers {
  onEvent: (event: StreamEvent) => void;
  onConnection: (connection: Connection) => void;
  /** Another tab signed in or out: who we are may have changed. */
  onSessionChanged: () => void;
  onSignedOut: () => void;
}

const LOCK = "zetpy-cancel-requests-stream";
const CHANNEL = "zetpy-cancel-requests";
const READ_AGAIN_MS = 1_500;

/** Take part until `stop` is called. */
export function takePart(handlers: LiveHandlers): { stop: () => void; sessionChanged: () => void } {
  const channel = new BroadcastChannel(CHANNEL);
  const ended = new AbortController();
  let lastId = "";
  let leads = false;
  let connection: Connection = "connecting";

  const tell = (word: Word) => channel.postMessage(word);
  const hearEvent = (event: StreamEvent) => {
    lastId = event.id || lastId;
    handlers.onEvent(event);
  };
  const hearConnection = (now: Connection) => {
    connection = now;
    handlers.onConnection(now);
  };

  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === "event") hearEvent(data.event);
    else if (data.kind === "connection") hearConnection(data.connection);
    else if (data.kind === "session-changed") handlers.onSessionChanged();
    else if (leads) tell({ kind: "connection", connection });
  };

  const lead = async () => {
    leads = true;
    const show = (now: Connection) => {
      hearConnection(now);
      tell({ kind: "connection", connection: now });
    };
    const spread = (event: StreamEvent) => {
      if (ended.signal.aborted) return;
      hearEvent(event);
      tell({ kind: "event", event });
    };
    await holdStream(
      {
        onEvent: spread,
        onOpen: (resumed) => {
          show("live");
          // What was read before the stream began may be older than its first event.
          if (!resumed) setTimeout(() => spread({ name: "reset", data: "{}", id: "" }), READ_AGAIN_MS);
        },
        onLost: () => show("lost"),
        onSignedOut: handlers.onSignedOut,
      },
      ended.signal,
      lastId,
    );
    leads = false;
  };

  // Locks exist in secure contexts only; elsewhere every tab listens for itself.
  if ("locks" in navigator) {
    void navigator.locks.request(LOCK, { signal: ended.signal }, lead).catch(() => undefined);
  } else {
    void lead();
  }
  tell({ kind: "what-is" });

  return {
    stop: () => {
      ended.abort();
      channel.close();
    },
    sessionChanged: () => tell({ kind: "session-changed" }),
  };
}
