import { Suspense, lazy, useEffect } from "react";
import { Toasts } from "../elements/Toasts";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { Queue } from "../queue/Queue";
import { Decide } from "../decide/Decide";
import { openRequest, useOpenRequest, useView, type View } from "./view";
import { useCounts } from "./counts";
import { LineState } from "./LineState";
import { Menu } from "./Menu";
import { Loading } from "./Waiting";
import styles from "./frame.module.css";

const Detail = lazy(() => import("../detail/Detail").then((module) => ({ default: module.Detail })));
const Gate = lazy(() => import("../gate/Gate").then((module) => ({ default: module.Gate })));
const StopList = lazy(() => import("../alerts/StopList").then((module) => ({ default: module.StopList })));
const Shops = lazy(() => import("../alerts/Shops").then((module) => ({ default: module.Shops })));

export function Frame() {
  const { t } = useTexts();
  const { may } = useSession();
  const view = useView();
  const open = useOpenRequest();
  // Who may only ask at the gate sees the gate, whatever the address says.
  const shown = may.view ? view : "gate";
  useTitle(shown);
  return (
    <div className={styles["frame"]}>
      <a className={styles["skip"]} href="#main">
        {t("skip")}
      </a>
      <Menu view={shown} />
      <main id="main" className={styles["main"]} tabIndex={-1}>
        {may.view && <LineState />}
        <Suspense fallback={<Loading />}>
          {shown === "queue" && <Queue />}
          {shown === "stop-list" && <StopList />}
          {shown === "gate" && <Gate />}
          {shown === "shops" && <Shops />}
        </Suspense>
      </main>
      {may.view && open && (
        <Suspense fallback={null}>
          <Detail id={open} close={() => openRequest(null)} />
        </Suspense>
      )}
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
