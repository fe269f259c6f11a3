/** The request of the row that is drawn, for its cells. */
import { createContext, useContext } from "react";
import type { Row } from "../api/client";

const RowContext = createContext<Row | undefined>(undefined);
export const RowProvider = RowContext.Provider;

export function useShown(): Row {
  const row = useContext(RowContext);
  if (!row) throw new Error("outside of a row");
  return row;
}
