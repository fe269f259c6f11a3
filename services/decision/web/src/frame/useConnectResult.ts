import { useEffect } from "react";
import { channelName } from "../elements/ChannelMark";
import { complain, say } from "../elements/Toasts";
import { useTexts } from "../i18n/texts";
import { takeConnectResult } from "./connectResult";

/** Tells what came of connecting a shop, beside the list of shops. */
export function useConnectResult(): void {
  const { t, open } = useTexts();
  useEffect(() => {
    const result = takeConnectResult();
    if (!result) return;
    for (const shop of result.connected) {
      const [channel = "", id = ""] = shop.split(":");
      say(t("connect.done", { channel: channelName(channel), shop: id }), t("connect.done_more"));
    }
    if (result.error !== null) complain(t("connect.failed"), open(`connect.${result.error}`, t("connect.unavailable")));
    // Once, when the page is opened.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
}
