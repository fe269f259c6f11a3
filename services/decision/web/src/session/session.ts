/** Who is signed in. The session is a cookie that no script can read: the page knows it only by asking. */
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { Refused, answered, api } from "../api/client";
import { keys } from "../live/live";
import type { components } from "../api/schema";

export type Me = components["schemas"]["Me"];

/** Who is signed in (`me`, null: nobody), and whom the demo would let in. */
export function useWhoIsIn() {
  return useQuery({
    queryKey: keys.session,
    staleTime: Infinity,
    retry: (failures, error) => !(error instanceof Refused) && failures < 3,
    queryFn: ({ signal }) => answered(api.GET("/v1/session", { signal })),
  });
}

export interface Session {
  me: Me;
  may: { view: boolean; decide: boolean; connect: boolean; gate: boolean };
  signOut: () => void;
}

/** What each role may do, as the service checks it again. */
export function rightsOf(roles: readonly string[]): Session["may"] {
  const has = (...any: string[]) => any.some((role) => roles.includes(role));
  return {
    view: has("viewer", "decider", "admin"),
    decide: has("decider", "admin"),
    connect: has("admin"),
    gate: has("fulfilment", "viewer", "decider", "admin"),
  };
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("outside of a session");
  return session;
}
