import { Button, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { channelName } from "../elements/ChannelMark";
import { useShops } from "../frame/counts";
import { useTexts } from "../i18n/texts";
import { ChoiceFilter } from "./ChoiceFilter";
import { DayFilter } from "./DayFilter";
import { PARCEL_STATES, SORTS, isNarrowed, unnarrowed, type Filters, type ParcelState, type Sort } from "./filters";
import type { Show } from "./Queue";
import styles from "./queue.module.css";

export function FilterBar({ filters, show }: { filters: Filters; show: Show }) {
  const { t, open } = useTexts();
  const shops = (useShops().data ?? []).filter((shop) => !filters.channel || shop.channel === filters.channel);
  const regions = [...new Set(shops.map((shop) => shop.region))].sort();
  return (
    <div className={styles["filters"]} role="group" aria-label={t("filters.label")}>
      <ChoiceFilter
        label={t("filters.shop")}
        searchable
        chosen={filters.shops}
        choices={shops.map((shop) => ({
          value: shop.shop_id,
          label: shop.name,
          more: channelName(shop.channel),
          ...(filters.tab === "to_decide" && { count: shop.to_decide }),
        }))}
        choose={(chosen) => show({ ...filters, shops: chosen })}
      />
      {regions.length > 1 && (
        <ChoiceFilter
          label={t("filters.market")}
          chosen={filters.regions}
          choices={regions.map((value) => ({ value, label: open(`market.${value}`, value) }))}
          choose={(chosen) => show({ ...filters, regions: chosen })}
        />
      )}
      <ChoiceFilter
        label={t("filters.parcel")}
        chosen={filters.parcels}
        choices={PARCEL_STATES.map((value) => ({ value, label: open(`parcel.${value}`, value) }))}
        choose={(chosen) => show({ ...filters, parcels: chosen as ParcelState[] })}
      />
      <DayFilter filters={filters} show={show} />
      {isNarrowed(filters) && (
        <Button variant="subtle" color="gray" size="compact-xs" leftSection={<IconX size={14} aria-hidden />} onClick={() => show(unnarrowed(filters))}>
          {t("filters.clear")}
        </Button>
      )}
      <NativeSelect
        className={styles["sort"] ?? ""}
        size="xs"
        aria-label={t("filters.sort")}
        value={filters.sort ?? ""}
        data={[{ value: "", label: t("sort.default") }, ...SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))]}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          show({ ...filters, sort: chosen ? (chosen as Sort) : undefined });
        }}
      />
    </div>
  );
}
