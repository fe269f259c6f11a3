/** The counts that everything hangs on: the badge, the tabs, the alerts. The stream keeps them. */
import { useQuery } from "@tanstack/react-query";
import { answered, api, type Shop } from "../api/client";
import { keys } from "../live/live";
import { useSession } from "../session/session";

export function useCounts() {
  const { may } = useSession();
  return useQuery({
    queryKey: keys.everything,
    enabled: may.view,
    queryFn: ({ signal }) => answered(api.GET("/v1/cancel-requests/summary", { signal })),
  });
}

export function useShops() {
  return useQuery({
    queryKey: keys.shops,
    queryFn: async ({ signal }): Promise<Shop[]> => (await answered(api.GET("/v1/shops", { signal }))).items,
  });
}
