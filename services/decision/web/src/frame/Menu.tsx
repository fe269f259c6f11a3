import { IconBarcode, IconBuildingStore, IconHandStop, IconInbox } from "@tabler/icons-react";
import type { MouseEvent, ReactNode } from "react";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { useCounts, useShops } from "./counts";
import { addressOfView, showView, type View } from "./view";
import { UserMenu } from "./UserMenu";
import styles from "./frame.module.css";

export function Menu({ view }: { view: View }) {
  const { t } = useTexts();
  const { may } = useSession();
  return (
    <section className={styles["side"]} aria-label="Zetpy">
      <div className={styles["brand"]}>
        <img src="/favicon.svg" alt="" width={24} height={24} />
        <span>Zetpy</span>
      </div>
      <nav aria-label={t("menu.label")} className={styles["menu"]}>
        {may.view && <ViewerEntries view={view} />}
        <Entry view="gate" now={view} icon={<IconBarcode size={18} stroke={1.7} aria-hidden />} />
      </nav>
      <UserMenu />
    </section>
  );
}

function ViewerEntries({ view }: { view: View }) {
  const counts = useCounts().data;
  const shops = useShops().data ?? [];
  const broken = shops.filter((shop) => shop.state !== "connected").length;
  return (
    <>
      <Entry view="queue" now={view} icon={<IconInbox size={18} stroke={1.7} aria-hidden />} count={counts?.to_decide} strong />
      <Entry view="stop-list" now={view} icon={<IconHandStop size={18} stroke={1.7} aria-hidden />} count={counts?.alerts["stop_parcel"]} />
      <Entry view="shops" now={view} icon={<IconBuildingStore size={18} stroke={1.7} aria-hidden />} count={broken} />
    </>
  );
}

interface EntryProps {
  view: View;
  now: View;
  icon: ReactNode;
  count?: number | undefined;
  strong?: boolean;
}

function Entry({ view, now, icon, count = 0, strong = false }: EntryProps) {
  const { t, number } = useTexts();
  const go = (event: MouseEvent) => {
    // With a modifier the browser opens another tab, as for any link.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    showView(view);
  };
  const search = addressOfView(view).toString();
  return (
    <a className={styles["entry"]} href={search ? `/?${search}` : "/"} aria-current={view === now ? "page" : undefined} onClick={go}>
      {icon}
      <span className={styles["entryName"]}>{t(`menu.${view}`)}</span>
      {count > 0 && (
        <span className={styles["badge"]} data-strong={strong || undefined}>
          <span className={styles["forReaders"]}>(</span>
          {number(count)}
          <span className={styles["forReaders"]}>)</span>
        </span>
      )}
    </a>
  );
}
