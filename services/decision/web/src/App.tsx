/** Who is signed in decides what there is: the log-in page, or the product. */
import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { Refused, answered, api, onSignedOut } from "./api/client";
import { Frame } from "./frame/Frame";
import { Failed, Loading } from "./frame/Waiting";
import { listen, keys } from "./live/live";
import { rows } from "./live/rows";
import { LogIn } from "./session/LogIn";
import { SessionProvider, rightsOf, useWhoIsIn, type Me, type Session } from "./session/session";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream says what changes; coming back to the tab is no reason to read again.
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      // A refusal stays one however often it is asked.
      retry: (failures, error) => !(error instanceof Refused && error.problem.status < 500) && failures < 2,
    },
    mutations: { retry: false },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Door />
    </QueryClientProvider>
  );
}

function Door() {
  const session = useWhoIsIn();
  const client = useQueryClient();
  useEffect(
    () =>
      onSignedOut(() => {
        void client.invalidateQueries({ queryKey: keys.session });
      }),
    [client],
  );
  if (session.isPending) return <Loading />;
  // A call that failed after we knew is no reason to forget it.
  if (session.data === undefined) return <Failed error={session.error} again={() => void session.refetch()} />;
  const { me, demo } = session.data;
  return me ? <SignedIn key={`${me.user} ${me.seller?.id ?? ""}`} me={me} /> : <LogIn offered={demo} />;
}

function SignedIn({ me }: { me: Me }) {
  const client = useQueryClient();
  const tellOthers = useRef<() => void>(() => undefined);
  const may = useMemo(() => rightsOf(me.roles), [me.roles]);

  // Whatever was shown to one person is nothing for the next.
  const forget = useCallback(() => {
    rows.clear();
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
    void client.invalidateQueries({ queryKey: keys.session });
  }, [client]);

  useEffect(() => {
    if (!may.view) return;
    const part = listen(client, forget);
    tellOthers.current = part.sessionChanged;
    // Other tabs may still show somebody else.
    part.sessionChanged();
    return part.stop;
  }, [client, forget, may.view]);

  const signOut = useCallback(() => {
    void answered(api.DELETE("/v1/session"))
      .catch(() => undefined)
      .finally(() => {
        tellOthers.current();
        forget();
      });
  }, [forget]);

  const session = useMemo<Session>(() => ({ me, may, signOut }), [me, may, signOut]);
  return (
    <SessionProvider value={session}>
      <Frame />
    </SessionProvider>
  );
}
