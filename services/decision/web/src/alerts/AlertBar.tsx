/** What can't wait, in one line above the list; each word leads to it. */
import { IconAlertTriangle, IconClockExclamation, IconHandStop, IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { goTo } from "../frame/address";
import { useCounts, useShops } from "../frame/counts";
import { showView } from "../frame/view";
import { useTexts, type TextKey } from "../i18n/texts";
import type { Tone } from "../elements/Chip";
import styles from "./alerts.module.css";

interface Item {
  key: string;
  tone: Tone;
  icon: ReactNode;
  text: string;
  go: () => void;
}

const size = { size: 15, stroke: 1.8, "aria-hidden": true } as const;
const showAlert = (alert: string) => goTo(new URLSearchParams({ tab: "attention", alert }));

const KINDS: readonly { kind: string; tone: Tone; text: TextKey }[] = [
  { kind: "refused", tone: "danger", text: "bar.refused" },
  { kind: "sync_failed", tone: "danger", text: "bar.sync_failed" },
  { kind: "oversold", tone: "danger", text: "bar.oversold" },
  { kind: "unmatched_sku", tone: "warn", text: "bar.unmatched_sku" },
  { kind: "unconfirmed", tone: "warn", text: "bar.unconfirmed" },
];

export function AlertBar() {
  const { t } = useTexts();
  const counts = useCounts().data;
  const shops = (useShops().data ?? []).filter((shop) => shop.state === "disconnected");
  const items: Item[] = [];
  const n = (kind: string) => counts?.alerts[kind] ?? 0;
  if (n("stop_parcel") > 0) {
    const text = t("bar.stop_parcel", { n: n("stop_parcel") });
    items.push({ key: "stop", tone: "danger", icon: <IconHandStop {...size} />, text, go: () => showView("stop-list") });
  }
  if (n("overdue") > 0) {
    const text = t("bar.overdue", { n: n("overdue") });
    items.push({ key: "overdue", tone: "danger", icon: <IconClockExclamation {...size} />, text, go: () => showAlert("overdue") });
  }
  if (n("due_soon") > 0) {
    const text = t("bar.due_soon", { n: n("due_soon") });
    items.push({ key: "due_soon", tone: "warn", icon: <IconClockExclamation {...size} />, text, go: () => showAlert("due_soon") });
  }
  const [shop] = shops;
  if (shop) {
    const text = shops.length === 1 ? t("bar.reconnect", { shop: shop.name }) : t("bar.reconnect_many", { n: shops.length });
    items.push({ key: "shops", tone: "danger", icon: <IconPlugConnectedX {...size} />, text, go: () => showView("shops") });
  }
  for (const { kind, tone, text } of KINDS) {
    if (n(kind) > 0) {
      items.push({ key: kind, tone, icon: <IconAlertTriangle {...size} />, text: t(text, { n: n(kind) }), go: () => showAlert(kind) });
    }
  }
  if (items.length === 0) return null;
  return (
    <ul className={styles["bar"]} aria-label={t("bar.label")}>
      {items.map((item) => (
        <li key={item.key}>
          <button type="button" data-tone={item.tone} onClick={item.go}>
            {item.icon}
            {item.text}
          </button>
        </li>
      ))}
    </ul>
  );
}
