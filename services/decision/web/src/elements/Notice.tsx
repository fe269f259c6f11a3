import type { ReactNode } from "react";
import styles from "./elements.module.css";

interface NoticeProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Errors are read out at once. */
  urgent?: boolean;
}

/** In place of content: why there is none, and what to do. */
export function Notice({ icon, title, children, action, urgent = false }: NoticeProps) {
  return (
    <div className={styles["notice"]} role={urgent ? "alert" : undefined}>
      {icon}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}
