import { IconCloudOff } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTexts } from "../i18n/texts";
import { connection, lastLiveAt } from "../live/live";
import { useStore } from "../store";
import styles from "./frame.module.css";

// A connection that is back within this was not worth a word.
const PATIENCE_MS = 2_500;

/** Says when what is shown may be old, and since when. */
export function LineState() {
  const texts = useTexts();
  const now = useStore(connection);
  const since = useStore(lastLiveAt);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (now === "live") {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <div role="status">
      {lost && (
        <div className={styles["offline"]}>
          <IconCloudOff size={16} stroke={1.8} aria-hidden />
          {texts.t("offline", { time: texts.moment(new Date(since).toISOString(), "SG").time })}
        </div>
      )}
    </div>
  );
}
