/** Somebody has seen to an alert. */
import { answered, api, type AlertKind, type Row, written } from "../api/client";
import { complain, say } from "../elements/Toasts";
import { whyNot } from "../elements/problems";
import type { Texts } from "../i18n/texts";
import { rows } from "../live/rows";

export async function acknowledge(row: Pick<Row, "id" | "order_ref">, kind: string, texts: Texts): Promise<void> {
  try {
    const seen = await written((headers) =>
      api.POST("/v1/cancel-requests/{request_id}/acknowledge", {
        params: { path: { request_id: row.id } },
        body: { alert: kind as AlertKind },
        headers,
      }),
    );
    rows.put([seen]);
    say(texts.t("alert.was_done", { order: row.order_ref }));
  } catch (error) {
    complain(texts.t("alert.not_done", { order: row.order_ref }), whyNot(error, texts));
  }
}

/** Where a seller lets Zetpy into a shop again; the link is opened in a tab of its own. */
export async function reconnect(channel: string, texts: Texts): Promise<void> {
  // Opened before the answer: browsers let a click open a tab, not an answer.
  const tab = window.open("about:blank", "_blank");
  try {
    if (channel !== "shopee" && channel !== "tiktok") throw new Error(channel);
    const link = await answered(api.POST("/v1/shops/connect-links", { body: { channel } }));
    if (!isWeb(link.url)) throw new Error("not an address of the web");
    if (tab) {
      tab.opener = null;
      tab.location.href = link.url;
    } else window.location.assign(link.url);
  } catch (error) {
    tab?.close();
    complain(texts.t("shops.no_link"), whyNot(error, texts));
  }
}

const isWeb = (url: string) => /^https?:\/\//.test(url);
