/** The list's own states, and which shape it has: a table, or cards where there is no room for one. */
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCircleCheck, IconFilterOff, IconInboxOff } from "@tabler/icons-react";
import { Notice } from "../elements/Notice";
import { NARROW } from "../frame/narrow";
import { Failed } from "../frame/Waiting";
import { useTexts } from "../i18n/texts";
import { isNarrowed, unnarrowed, type Filters } from "./filters";
import type { Show } from "./Queue";
import { Cards } from "./Cards";
import { Skeleton } from "./Skeleton";
import { Table } from "./Table";
import type { Queue } from "./useQueue";

interface ListProps {
  filters: Filters;
  queue: Queue;
  show: Show;
}

export function List({ filters, queue, show }: ListProps) {
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  if (queue.status === "pending") return <Skeleton />;
  if (queue.status === "error") return <Failed error={queue.error} again={queue.readAgain} />;
  if (queue.ids.length === 0) return <Empty filters={filters} show={show} />;
  return narrow ? <Cards queue={queue} /> : <Table filters={filters} queue={queue} show={show} />;
}

function Empty({ filters, show }: { filters: Filters; show: Show }) {
  const { t } = useTexts();
  if (isNarrowed(filters)) {
    return (
      <Notice
        icon={<IconFilterOff size={32} stroke={1.4} aria-hidden />}
        title={t("empty.narrowed")}
        action={
          <Button variant="default" onClick={() => show(unnarrowed(filters))}>
            {t("filters.clear")}
          </Button>
        }
      >
        {t("empty.narrowed_more")}
      </Notice>
    );
  }
  const done = filters.tab === "to_decide" || filters.tab === "attention";
  const Icon = done ? IconCircleCheck : IconInboxOff;
  return (
    <Notice icon={<Icon size={34} stroke={1.4} aria-hidden />} title={t(`empty.${filters.tab}`)}>
      {t(`empty.${filters.tab}_more`)}
    </Notice>
  );
}
