/** The columns of the list: which there are per tab, how wide they are, and by which the service can sort. */
import { columnVisibilityFeature, createColumnHelper, tableFeatures, type ColumnVisibilityState } from "@tanstack/react-table";
import type { Language } from "../i18n/format";
import type { TextKey } from "../i18n/texts";
import { AlertsCell } from "../alerts/AlertsCell";
import {
  AccountCell,
  ActionsCell,
  DecidedCell,
  ItemCell,
  LeftCell,
  OrderCell,
  OrderedCell,
  ReasonCell,
  RequestedCell,
  StatusCell,
  TotalCell,
} from "./cells";
import type { Filters, Sort, Tab } from "./filters";

interface ColumnMeta {
  title: TextKey;
  /** A grid track. */
  width: string;
  sort?: Sort;
  end?: boolean;
}

export interface Listed {
  id: string;
}

export const features = tableFeatures({ columnVisibilityFeature });
const helper = createColumnHelper<typeof features, Listed>();

// Fixed tracks keep head and rows aligned though each row is a grid of its own.
const META: Record<string, ColumnMeta> = {
  left: { title: "column.left", width: "78px", sort: "respond_by" },
  order: { title: "column.order", width: "minmax(162px, 0.4fr)" },
  account: { title: "column.account", width: "minmax(124px, 0.7fr)" },
  item: { title: "column.item", width: "minmax(180px, 2fr)" },
  reason: { title: "column.reason", width: "minmax(102px, 1fr)" },
  requested: { title: "column.requested", width: "50px", sort: "-requested_at" },
  ordered: { title: "column.ordered", width: "46px" },
  total: { title: "column.total", width: "80px", sort: "-order_total", end: true },
  status: { title: "column.status", width: "minmax(120px, 1fr)" },
  decided: { title: "column.decided", width: "minmax(120px, 0.8fr)" },
  alerts: { title: "column.alerts", width: "minmax(330px, 2fr)" },
  actions: { title: "column.actions", width: "128px", end: true },
};

// Malay and Filipino say the same in more letters.
const WORDY: readonly Language[] = ["ms", "fil"];
const WIDER: Record<string, string> = { left: "104px", item: "minmax(164px, 2fr)", actions: "168px" };

export const isWordy = (language: Language): boolean => WORDY.includes(language);
export const metaOf = (column: string): ColumnMeta => META[column] ?? { title: "column.order", width: "1fr" };
// Once it is decided, what the marketplace knows of it is said here.
const DECIDED_STATUS = "minmax(164px, 1fr)";

export function widthOf(column: string, { language, tab }: { language: Language; tab: Tab }): string {
  if (column === "status" && tab !== "to_decide") return DECIDED_STATUS;
  return (isWordy(language) && WIDER[column]) || metaOf(column).width;
}

export const columns = helper.columns([
  helper.display({ id: "left", cell: () => <LeftCell /> }),
  helper.display({ id: "order", cell: () => <OrderCell /> }),
  helper.display({ id: "account", cell: () => <AccountCell /> }),
  helper.display({ id: "item", cell: () => <ItemCell /> }),
  helper.display({ id: "reason", cell: () => <ReasonCell /> }),
  helper.display({ id: "requested", cell: () => <RequestedCell /> }),
  helper.display({ id: "ordered", cell: () => <OrderedCell /> }),
  helper.display({ id: "total", cell: () => <TotalCell /> }),
  helper.display({ id: "status", cell: () => <StatusCell /> }),
  helper.display({ id: "decided", cell: () => <DecidedCell /> }),
  helper.display({ id: "alerts", cell: () => <AlertsCell /> }),
  helper.display({ id: "actions", cell: () => <ActionsCell /> }),
]);

/** `room`: how many of the columns that a row can do without there is room for. */
export function visibleColumns({ tab }: Filters, mayDecide: boolean, room: 0 | 1 | 2): ColumnVisibilityState {
  return {
    left: tab === "to_decide" || tab === "attention",
    reason: tab !== "attention" && room > 0,
    ordered: tab !== "attention" && room > 1,
    requested: tab !== "attention",
    decided: tab === "cancelled" || tab === "rejected",
    alerts: tab === "attention",
    actions: mayDecide && tab === "to_decide",
  };
}
