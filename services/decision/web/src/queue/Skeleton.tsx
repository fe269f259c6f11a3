import { useTexts } from "../i18n/texts";
import styles from "./queue.module.css";

const ROWS = 12;

/** As high as the rows that come, so that nothing jumps. */
export function Skeleton() {
  const { t } = useTexts();
  return (
    <div role="status" aria-label={t("loading")} className={styles["skeleton"]}>
      {Array.from({ length: ROWS }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}
