import { useEffect } from "react";
import { Toasts } from "../elements/Toasts";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { Queue } from "../queue/Queue";
import { Decide } from "../decide/Decide";
import { openRequest, useOpenRequest, useView, type View } from "./view";
import { useCounts } from "./counts";
import { LineState } from "./LineState";
import { Menu } from "./Menu";
import { later, laterOver } from "./later";
import { useConnectResult } from "./useConnectResult";
import styles from "./frame.module.css";

const Detail = laterOver(() => import("../detail/Detail").then((module) => module.Detail));
const Gate = later(() => import("../gate/Gate").then((module) => module.Gate));
const StopList = later(() => import("../alerts/StopList").then((module) => module.StopList));
const Shops = later(() => import("../alerts/Shops").then((module) => module.Shops));

const closeRequest = (): void => openRequest(null);

export function Frame() {
  const { t } = useTexts();
  const { may } = useSession();
  const view = useView();
  const open = useOpenRequest();
  // Who may only ask at the gate sees the gate, whatever the address says.
  const shown = may.view ? view : "gate";
  useTitle(shown);
  useConnectResult();
  return (
    <div className={styles["frame"]}>
      <a className={styles["skip"]} href="#main">
        {t("skip")}
      </a>
      <Menu view={shown} />
      <main id="main" className={styles["main"]} tabIndex={-1}>
        {may.view && <LineState />}
        {shown === "queue" && <Queue />}
        {shown === "stop-list" && <StopList />}
        {shown === "gate" && <Gate />}
        {shown === "shops" && <Shops />}
      </main>
      {may.view && open && <Detail id={open} close={closeRequest} />}
      <Decide />
      <Toasts />
    </div>
  );
}

/** The badge is in the title too: the tab of a browser says it from behind. */
function useTitle(view: View): void {
  const { t } = useTexts();
  const count = useCounts().data?.to_decide ?? 0;
  useEffect(() => {
    const name = view === "queue" ? t("menu.queue") : t(`menu.${view}`);
    document.title = `${count > 0 ? `(${count}) ` : ""}${name} · Zetpy`;
  }, [count, view, t]);
}
