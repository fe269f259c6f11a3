import { useTexts } from "../i18n/texts";
import styles from "./elements.module.css";

/** A moment in the shop's own zone; to the second, with the zone's name, under the pointer. */
export function Moment({ at, region, inline = false }: { at: string; region: string; inline?: boolean }) {
  const texts = useTexts();
  const { day, time } = texts.moment(at, region);
  const exact = texts.exactly(at, region);
  if (inline) {
    return (
      <time dateTime={at} title={exact}>
        {day}, {time}
      </time>
    );
  }
  return (
    <time dateTime={at} title={exact} className={styles["twoLines"]}>
      <span>{day}</span>
      <span className={styles["second"]}>{time}</span>
    </time>
  );
}
