/** Parcels of cancelled orders that must not leave: for the packing bench, on screen and on paper. */
import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { IconCircleCheck, IconPrinter } from "@tabler/icons-react";
import { useEffect } from "react";
import { answered, api, type Row } from "../api/client";
import { ChannelMark, channelName } from "../elements/ChannelMark";
import { Moment } from "../elements/Moment";
import { Notice } from "../elements/Notice";
import { Thumb } from "../elements/Thumb";
import { Failed, Loading } from "../frame/Waiting";
import { useCounts } from "../frame/counts";
import { openRequest } from "../frame/view";
import { useTexts } from "../i18n/texts";
import { keys } from "../live/live";
import { rows, useRow } from "../live/rows";
import { useSession } from "../session/session";
import { acknowledge } from "./acknowledge";
import styles from "./stop-list.module.css";

const KIND = "stop_parcel";

function useParcels() {
  const count = useCounts().data?.alerts[KIND];
  return useInfiniteQuery({
    // Read anew when the number changes: the list is short.
    queryKey: [...keys.list, KIND, count],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, signal }) => {
      const query = { tab: "attention" as const, alert: [KIND as "stop_parcel"], limit: 200, ...(pageParam && { cursor: pageParam }) };
      const page = await answered(api.GET("/v1/cancel-requests", { params: { query }, signal }));
      rows.put(page.items);
      return page;
    },
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export function StopList() {
  const { t } = useTexts();
  const parcels = useParcels();
  const { hasNextPage, fetchNextPage } = parcels;
  // It is printed whole.
  useEffect(() => {
    if (hasNextPage) void fetchNextPage();
  }, [hasNextPage, fetchNextPage, parcels.data]);

  const found = parcels.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={styles["page"]} aria-labelledby="stop-list-title">
      <header className={styles["head"]}>
        <div>
          <h1 id="stop-list-title">{t("stop.title")}</h1>
          <p>{t("stop.lead")}</p>
        </div>
        {found.length > 0 && (
          <Button variant="default" leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => window.print()}>
            {t("stop.print")}
          </Button>
        )}
      </header>
      {parcels.isPending && <Loading />}
      {parcels.isError && <Failed error={parcels.error} again={() => void parcels.refetch()} />}
      {parcels.isSuccess && found.length === 0 && (
        <Notice icon={<IconCircleCheck size={34} stroke={1.4} aria-hidden />} title={t("stop.none")}>
          {t("stop.none_more")}
        </Notice>
      )}
      {found.length > 0 && (
        <ul className={styles["list"]}>
          {found.map((row) => (
            <Parcel key={row.id} first={row} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Parcel({ first }: { first: Row }) {
  const texts = useTexts();
  const { t } = texts;
  const { may } = useSession();
  const row = useRow(first.id) ?? first;
  if (!row.alerts.includes(KIND)) return null;
  return (
    <li className={styles["parcel"]}>
      <span className={styles["box"]} aria-hidden="true" />
      <Thumb url={row.first_line.image_url} name={row.first_line.name} />
      <div className={styles["what"]}>
        <strong>
          {row.first_line.quantity} × {row.first_line.sku ?? row.first_line.name}
        </strong>
        <span>
          {row.first_line.name}
          {row.line_count > 1 && ` ${t("row.more_lines", { n: row.line_count - 1 })}`}
        </span>
      </div>
      <div className={styles["track"]}>
        <span>{t("stop.tracking")}</span>
        {row.parcel.tracking_no ? <strong>{row.parcel.tracking_no}</strong> : <em>{t("stop.no_tracking")}</em>}
        {row.parcel.carrier && <span>{row.parcel.carrier}</span>}
      </div>
      <div className={styles["from"]}>
        <button type="button" onClick={() => openRequest(row.id)}>
          {row.order_ref}
        </button>
        <span>
          <ChannelMark channel={row.channel} />
          <span>
            {row.shop.name}
            <span className={styles["onPaper"]}> ({channelName(row.channel)})</span> · <Moment at={row.updated_at} region={row.shop.region} inline />
          </span>
        </span>
      </div>
      {may.decide && (
        <Button variant="light" className={styles["done"] ?? ""} onClick={() => void acknowledge(row, KIND, texts)}>
          {t("stop.done")}
        </Button>
      )}
    </li>
  );
}
