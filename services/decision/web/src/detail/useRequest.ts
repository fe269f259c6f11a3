import { useQuery } from "@tanstack/react-query";
import { answered, api, type TimelineEntry, type Whole } from "../api/client";
import { keys } from "../live/live";
import { rows } from "../live/rows";

/** One request, whole. The stream says when to read it again. */
export function useRequest(id: string) {
  return useQuery({
    queryKey: keys.request(id),
    queryFn: async ({ signal }): Promise<Whole> => {
      const whole = await answered(api.GET("/v1/cancel-requests/{request_id}", { params: { path: { request_id: id } }, signal }));
      rows.put([whole]);
      return whole;
    },
  });
}

export function useTimeline(id: string) {
  return useQuery({
    queryKey: keys.timeline(id),
    queryFn: async ({ signal }): Promise<TimelineEntry[]> => {
      const params = { path: { request_id: id } };
      return (await answered(api.GET("/v1/cancel-requests/{request_id}/timeline", { params, signal }))).items;
    },
  });
}
