import { useTexts } from "../i18n/texts";
import styles from "./queue.module.css";

/** What changed while the list was held still; a click puts it in order. */
export function Waiting({ come, go, arrange }: { come: number; go: number; arrange: () => void }) {
  const { t } = useTexts();
  const parts = [come > 0 && t("waiting.come", { n: come }), go > 0 && t("waiting.go", { n: go })].filter(Boolean);
  return (
    <div aria-live="polite" className={styles["waiting"]}>
      {parts.length > 0 && (
        <button type="button" onClick={arrange}>
          {parts.join(" · ")} — <u>{t("waiting.show")}</u>
        </button>
      )}
    </div>
  );
}
