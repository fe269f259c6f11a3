import { Chip, type Tone } from "../elements/Chip";
import { useTexts } from "../i18n/texts";
import { useShown } from "../queue/RowContext";
import { useSession } from "../session/session";
import { clearsItself } from "./kinds";
import { acknowledge } from "./acknowledge";
import styles from "./alerts.module.css";

const TONES: Record<string, Tone> = { stop_parcel: "danger", overdue: "danger", refused: "danger", sync_failed: "danger", oversold: "danger" };
export const toneOf = (kind: string): Tone => TONES[kind] ?? "warn";

/** What needs somebody, and a way to say that it was seen to. */
export function AlertsCell() {
  const texts = useTexts();
  const { may } = useSession();
  const row = useShown();
  return (
    <span className={styles["kinds"]}>
      {row.alerts.map((kind) => {
        const name = texts.open(`alert.${kind}`, kind);
        return (
          <span key={kind} className={styles["kind"]}>
            <Chip tone={toneOf(kind)} title={texts.open(`alert.what.${kind}`, name)}>
              {name}
            </Chip>
            {may.decide && !clearsItself(kind) && (
              <button type="button" className={styles["done"]} onClick={() => void acknowledge(row, kind, texts)}>
                {texts.t("alert.done")}
                <span className={styles["forReaders"]}>
                  {" "}
                  {name} {row.order_ref}
                </span>
              </button>
            )}
          </span>
        );
      })}
    </span>
  );
}
