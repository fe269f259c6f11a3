/** What became of something, at the edge of the page; failures stay until they are put away. */
import { IconX } from "@tabler/icons-react";
import { useTexts } from "../i18n/texts";
import { createStore, useStore } from "../store";
import styles from "./elements.module.css";

interface Toast {
  id: number;
  title: string;
  more?: string | undefined;
  tone: "ok" | "danger";
}

const SHOWN_MS = 5_000;
const MOST = 4;
const toasts = createStore<readonly Toast[]>([]);
let last = 0;

const putAway = (id: number) => toasts.set((now) => now.filter((toast) => toast.id !== id));

export function say(title: string, more?: string): void {
  show({ title, more, tone: "ok" });
}

export function complain(title: string, more?: string): void {
  show({ title, more, tone: "danger" });
}

function show(toast: Omit<Toast, "id">): void {
  last += 1;
  const id = last;
  toasts.set((now) => [...now, { ...toast, id }].slice(-MOST));
  if (toast.tone === "ok") setTimeout(() => putAway(id), SHOWN_MS);
}

export function Toasts() {
  const { t } = useTexts();
  return (
    <div className={styles["toasts"]} role="status" aria-live="polite">
      {useStore(toasts).map((toast) => (
        <div key={toast.id} className={styles["toast"]} data-tone={toast.tone}>
          <div className={styles["toastBody"]}>
            <div className={styles["toastTitle"]}>{toast.title}</div>
            {toast.more && <div className={styles["toastMore"]}>{toast.more}</div>}
          </div>
          <button type="button" className={styles["icon"]} aria-label={t("toast.put_away")} onClick={() => putAway(toast.id)}>
            <IconX size={15} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  );
}
