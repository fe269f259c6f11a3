// Generated from the decision service's OpenAPI document by `make web-types`; not edited by hand.

export interface paths {
    "/v1/cancel-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Cancel Requests
         * @description Cancel requests of the seller; `tab` is `to_decide` unless given.
         */
        get: operations["list_cancel_requests_v1_cancel_requests_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Cancel Request
         * @description One request, whole.
         */
        get: operations["get_cancel_request_v1_cancel_requests__request_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acknowledge
         * @description Somebody has seen to an alert.
         */
        post: operations["acknowledge_v1_cancel_requests__request_id__acknowledge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve
         * @description Cancel the order: the stock is given back at once, the marketplace is told afterwards. The same again is 200.
         */
        post: operations["approve_v1_cancel_requests__request_id__approve_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject
         * @description Let the order go on. It may ship only once the marketplace has taken the answer.
         */
        post: operations["reject_v1_cancel_requests__request_id__reject_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/reject-reasons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Reject Reasons
         * @description The marketplace's own reasons for this request, as offered now. Shopee has none.
         */
        get: operations["get_reject_reasons_v1_cancel_requests__request_id__reject_reasons_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/retry-sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry Sync
         * @description Tell the marketplace again, now; only what waits or was given up.
         */
        post: operations["retry_sync_v1_cancel_requests__request_id__retry_sync_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/{request_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Timeline
         * @description Everything that happened to it and who did it, oldest first.
         */
        get: operations["get_timeline_v1_cancel_requests__request_id__timeline_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/bulk-decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decide Many
         * @description Decide up to 500, each with a success of its own; answers in the order asked.
         */
        post: operations["decide_many_v1_cancel_requests_bulk_decisions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Cancel Requests
         * @description All that fit the filters, as CSV (UTF-8 with BOM).
         */
        get: operations["export_cancel_requests_v1_cancel_requests_export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream Changes
         * @description Events `request` (a row), `summary`, `shop`, `reset` (read everything again).
         *
         *     Keep the row with the highest `version`, read again on `reset`: then what you show is right, whatever was missed.
         */
        get: operations["stream_changes_v1_cancel_requests_stream_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cancel-requests/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarise Cancel Requests
         * @description Counts for the badge and the tabs, under the same filters as the list.
         */
        get: operations["summarise_cancel_requests_v1_cancel_requests_summary_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fulfilment-checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * May Ship Many
         * @description Up to 500 orders, answered in the order asked.
         */
        post: operations["may_ship_many_v1_fulfilment_checks_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Me
         * @description Who is signed in; 401 when nobody is.
         */
        get: operations["me_v1_me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/orders/{channel}/{shop_id}/{order_ref}/fulfilment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * May Ship
         * @description One order; also one that was never heard of.
         */
        get: operations["may_ship_v1_orders__channel___shop_id___order_ref__fulfilment_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/parcels/{tracking_no}/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find Orders In Parcel
         * @description The orders with a cancel request in a parcel, by the tracking number that a scanner reads; none known: an empty list.
         */
        get: operations["find_orders_in_parcel_v1_parcels__tracking_no__orders_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Session
         * @description For a page before it knows: no 401, which a browser would report as an error of the page.
         */
        get: operations["session_v1_session_get"];
        put?: never;
        /**
         * Sign In
         * @description Exchange a token for a session cookie that lives as long as the token; in a demo a user's name will do.
         */
        post: operations["sign_in_v1_session_post"];
        /**
         * Sign Out
         * @description The cookie and this session's streams are gone.
         */
        delete: operations["sign_out_v1_session_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Shops
         * @description Connected shops, when they were last heard of, and how many requests wait in each.
         *
         *     A packing bench asks too: it scans an order and must know which shops may have sold it.
         */
        get: operations["get_shops_v1_shops_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shops/connect-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make Connect Link
         * @description Where a seller lets Zetpy into a shop.
         */
        post: operations["make_connect_link_v1_shops_connect_links_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Acknowledgement
         * @example {
         *       "alert": "stop_parcel",
         *       "note": "Parcel is back on the shelf"
         *     }
         */
        Acknowledgement: {
            /**
             * Alert
             * @enum {string}
             */
            alert: "due_soon" | "overdue" | "unconfirmed" | "stop_parcel" | "refused" | "sync_failed" | "shop_disconnected" | "unmatched_sku" | "oversold";
            /** Note */
            note?: string | null;
        };
        /** ActorOut */
        ActorOut: {
            /** Id */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "person" | "rule";
            /** Name */
            name?: string | null;
        };
        /**
         * Approval
         * @example {
         *       "note": "Called the buyer",
         *       "revision": 1
         *     }
         */
        Approval: {
            /**
             * Lines
             * @description Where the preset is wrong: what becomes of a line's units.
             * @default []
             */
            lines: components["schemas"]["LineUse"][];
            /** Note */
            note?: string | null;
            /**
             * Revision
             * @description What you saw; another one now is 409 `stale-revision`.
             */
            revision?: number | null;
        };
        /**
         * BulkDecisions
         * @example {
         *       "decision": "approve",
         *       "items": [
         *         {
         *           "id": "5f0c0f8e-0d0e-5c53-9f5a-0a4a4d4c1a11",
         *           "revision": 1
         *         }
         *       ]
         *     }
         */
        BulkDecisions: {
            /** Comment */
            comment?: string | null;
            /**
             * Decision
             * @enum {string}
             */
            decision: "approve" | "reject";
            /** Items */
            items: components["schemas"]["BulkItem"][];
            /** Note */
            note?: string | null;
            /** @description For items without a reason of their own. */
            reason?: components["schemas"]["ReasonIn"] | null;
        };
        /** BulkItem */
        BulkItem: {
            /** Id */
            id: string;
            reason?: components["schemas"]["ReasonIn"] | null;
            /** Revision */
            revision?: number | null;
        };
        /** BulkResult */
        BulkResult: {
            /** Id */
            id: string;
            /** Problem */
            problem?: components["schemas"]["Problem"] | null;
            request?: components["schemas"]["RequestRow"] | null;
            /**
             * Status
             * @enum {string}
             */
            status: "done" | "unchanged" | "failed";
        };
        /** BulkResults */
        BulkResults: {
            /** Done */
            done: number;
            /** Failed */
            failed: number;
            /** Items */
            items: components["schemas"]["BulkResult"][];
            /** Unchanged */
            unchanged: number;
        };
        /**
         * ConnectIn
         * @example {
         *       "channel": "shopee"
         *     }
         */
        ConnectIn: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "shopee" | "tiktok";
            /** Shop Id */
            shop_id?: string | null;
        };
        /** ConnectLink */
        ConnectLink: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Url */
            url: string;
        };
        /** DemoUserOut */
        DemoUserOut: {
            /** Name */
            name: string;
            /** Roles */
            roles: ("viewer" | "decider" | "admin" | "fulfilment" | "ops" | "service")[];
            seller: components["schemas"]["SellerRef"];
            /** User */
            user: string;
        };
        /** FirstLine */
        FirstLine: {
            /** Image Url */
            image_url?: string | null;
            /** Name */
            name: string;
            /** Quantity */
            quantity: number;
            /** Sku */
            sku?: string | null;
            /** Variant */
            variant?: string | null;
        };
        /** Fulfilment */
        Fulfilment: {
            /** Channel */
            channel: string;
            /**
             * Checked At
             * Format: date-time
             */
            checked_at: string;
            /**
             * Fresh
             * @description False: the shop is disconnected, or nothing was heard of it for 15 minutes.
             */
            fresh: boolean;
            /** Hold */
            hold?: string | null;
            /**
             * Known
             * @description False: no cancel request was ever heard of this order.
             */
            known: boolean;
            /** May Ship */
            may_ship: boolean;
            /** Order Ref */
            order_ref: string;
            /** Request Id */
            request_id?: string | null;
            /** Shop Id */
            shop_id: string;
            /** Status */
            status?: ("unpaid" | "on_hold" | "new" | "ready_to_ship" | "cancel_requested" | "shipped" | "cancelled" | "unknown") | null;
        };
        /**
         * FulfilmentChecks
         * @example {
         *       "orders": [
         *         {
         *           "channel": "shopee",
         *           "order_ref": "251123ABCDEF01",
         *           "shop_id": "1001"
         *         }
         *       ]
         *     }
         */
        FulfilmentChecks: {
            /** Orders */
            orders: components["schemas"]["OrderKey"][];
        };
        /** Fulfilments */
        Fulfilments: {
            /** Items */
            items: components["schemas"]["Fulfilment"][];
        };
        /** FullStock */
        FullStock: {
            /** Movements */
            movements: components["schemas"]["MovementOut"][];
            /**
             * State
             * @enum {string}
             */
            state: "none" | "expected" | "returned" | "partly" | "reversed";
        };
        /** FullSync */
        FullSync: {
            /** Attempt */
            attempt: number;
            /** Call Id */
            call_id?: string | null;
            /** Cause */
            cause?: string | null;
            /** Code */
            code?: string | null;
            /** Confirmed At */
            confirmed_at?: string | null;
            /** Message */
            message?: string | null;
            /** Next Attempt At */
            next_attempt_at?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "none" | "queued" | "retrying" | "blocked" | "synced" | "confirmed" | "refused" | "failed";
        };
        /** LineOut */
        LineOut: {
            /** Available Now */
            available_now?: number | null;
            /** Cancelled Before */
            cancelled_before: number;
            /** Image Url */
            image_url?: string | null;
            /** Is Gift */
            is_gift: boolean;
            /** Item Id */
            item_id: string;
            /** Line Id */
            line_id: string;
            /** Name */
            name: string;
            /** Ordered Quantity */
            ordered_quantity: number;
            /** Quantity */
            quantity: number;
            /** Restock Advised */
            restock_advised?: boolean | null;
            /** Returned */
            returned?: number | null;
            /** Sku */
            sku?: string | null;
            /**
             * Stock
             * @enum {string}
             */
            stock: "sellable" | "damaged" | "none";
            unit_price?: components["schemas"]["MoneyOut"] | null;
            /** Variant */
            variant?: string | null;
            /** Variant Id */
            variant_id?: string | null;
        };
        /** LineUse */
        LineUse: {
            /** Line Id */
            line_id: string;
            /**
             * Stock
             * @enum {string}
             */
            stock: "sellable" | "damaged" | "none";
        };
        /** Me */
        Me: {
            /** Locale */
            locale: string;
            /** Name */
            name: string;
            /** Roles */
            roles: ("viewer" | "decider" | "admin" | "fulfilment" | "ops" | "service")[];
            seller: components["schemas"]["SellerRef"] | null;
            /** User */
            user: string;
        };
        /** MoneyOut */
        MoneyOut: {
            /**
             * Amount
             * @example 45.90
             */
            amount: string;
            /**
             * Currency
             * @example MYR
             */
            currency: string;
        };
        /** MovementOut */
        MovementOut: {
            /**
             * Condition
             * @enum {string}
             */
            condition: "sellable" | "damaged";
            /** Line Id */
            line_id: string;
            /** Location */
            location: string;
            /**
             * Moved At
             * Format: date-time
             */
            moved_at: string;
            /** Movement Id */
            movement_id: string;
            /** Quantity */
            quantity: number;
            /** Sku */
            sku: string;
        };
        /** OfferedReason */
        OfferedReason: {
            /** Name */
            name: string;
            /** Text */
            text: string;
        };
        /** OfferedReasons */
        OfferedReasons: {
            /**
             * Fetched At
             * Format: date-time
             */
            fetched_at: string;
            /** Items */
            items: components["schemas"]["OfferedReason"][];
            /** Required */
            required: boolean;
        };
        /** OrderKey */
        OrderKey: {
            /** Channel */
            channel: string;
            /** Order Ref */
            order_ref: string;
            /** Shop Id */
            shop_id: string;
        };
        /** OrderOut */
        OrderOut: {
            /** Hold */
            hold?: string | null;
            /** Recall */
            recall: boolean;
            /** Shippable */
            shippable: boolean;
            /**
             * Status
             * @enum {string}
             */
            status: "unpaid" | "on_hold" | "new" | "ready_to_ship" | "cancel_requested" | "shipped" | "cancelled" | "unknown";
        };
        /** OrdersInParcel */
        OrdersInParcel: {
            /** Items */
            items: components["schemas"]["OrderKey"][];
        };
        /** ParcelOut */
        ParcelOut: {
            /** Carrier */
            carrier?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "not_arranged" | "arranged" | "handed_over" | "unknown";
            /** Tracking No */
            tracking_no?: string | null;
        };
        Problem: {
            detail?: string;
            errors?: {
                detail: string;
                pointer: string;
            }[];
            instance?: string;
            request?: components["schemas"]["RequestRow"];
            /** @description With 403: the role that is needed. */
            role?: string;
            status: number;
            title: string;
            /** @example /problems/already-decided */
            type: string;
        };
        /** ReasonIn */
        ReasonIn: {
            /** Name */
            name: string;
        };
        /** ReasonOut */
        ReasonOut: {
            /** Code */
            code?: string | null;
            /**
             * Text
             * @example Need to change delivery address
             */
            text?: string | null;
        };
        /** RefusalOut */
        RefusalOut: {
            /** Code */
            code: string;
            /** Message */
            message: string;
        };
        /**
         * Rejection
         * @example {
         *       "reason": {
         *         "name": "seller_reject_apply_product_has_been_packed"
         *       },
         *       "revision": 1
         *     }
         */
        Rejection: {
            /** Comment */
            comment?: string | null;
            /** @description One of GET reject-reasons; TikTok Shop demands it. */
            reason?: components["schemas"]["ReasonIn"] | null;
            /** Revision */
            revision?: number | null;
        };
        /** RejectOut */
        RejectOut: {
            /**
             * Need
             * @enum {string}
             */
            need: "required" | "optional" | "none";
            /** Reason Required */
            reason_required: boolean;
        };
        /**
         * RequestOut
         * @description A cancel request, whole.
         */
        RequestOut: {
            /** After Deadline */
            after_deadline?: boolean | null;
            /** Alerts */
            alerts: string[];
            /** Answerable */
            answerable: boolean;
            /** Buyer Id */
            buyer_id?: string | null;
            /** Cancelled By */
            cancelled_by?: ("buyer" | "seller_center" | "marketplace" | "unknown") | null;
            /** Channel */
            channel: string;
            /** Cod */
            cod?: boolean | null;
            /** Comment */
            comment?: string | null;
            /** Decided At */
            decided_at?: string | null;
            decided_by?: components["schemas"]["ActorOut"] | null;
            first_line: components["schemas"]["FirstLine"];
            /** Id */
            id: string;
            /** Lapsed Because */
            lapsed_because?: string | null;
            /** Line Count */
            line_count: number;
            /** Lines */
            lines: components["schemas"]["LineOut"][];
            /** Native Id */
            native_id: string;
            /** Not Answerable Because */
            not_answerable_because?: ("marketplace_waits_for_others" | "shop_disconnected") | null;
            /** Note */
            note?: string | null;
            order: components["schemas"]["OrderOut"];
            /** Order Ref */
            order_ref: string;
            order_total?: components["schemas"]["MoneyOut"] | null;
            /**
             * Ordered At
             * Format: date-time
             */
            ordered_at: string;
            parcel: components["schemas"]["ParcelOut"];
            reason: components["schemas"]["ReasonOut"];
            refund_total?: components["schemas"]["MoneyOut"] | null;
            reject: components["schemas"]["RejectOut"];
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /**
             * Requested At Source
             * @enum {string}
             */
            requested_at_source: "marketplace" | "first_seen";
            /** Respond By */
            respond_by?: string | null;
            /** Respond By Source */
            respond_by_source?: ("marketplace" | "estimated") | null;
            revert?: components["schemas"]["RevertOut"] | null;
            /**
             * Revision
             * @description Facts or state; send it with a decision, so that you decide on what you saw.
             */
            revision: number;
            /** Seller Center Url */
            seller_center_url?: string | null;
            shop: components["schemas"]["ShopRef"];
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "approved" | "rejected" | "cancelled_elsewhere" | "lapsed";
            stock: components["schemas"]["FullStock"];
            sync: components["schemas"]["FullSync"];
            /**
             * Tab
             * @enum {string}
             */
            tab: "to_decide" | "cancelled" | "rejected" | "ended" | "attention";
            /** Unit Count */
            unit_count: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Version
             * @description Grows with any change: of two rows, the higher one is the newer.
             */
            version: number;
        };
        /** RequestPage */
        RequestPage: {
            /** Items */
            items: components["schemas"]["RequestRow"][];
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * RequestRow
         * @description A cancel request as the list shows it.
         */
        RequestRow: {
            /** After Deadline */
            after_deadline?: boolean | null;
            /** Alerts */
            alerts: string[];
            /** Answerable */
            answerable: boolean;
            /** Cancelled By */
            cancelled_by?: ("buyer" | "seller_center" | "marketplace" | "unknown") | null;
            /** Channel */
            channel: string;
            /** Cod */
            cod?: boolean | null;
            /** Decided At */
            decided_at?: string | null;
            decided_by?: components["schemas"]["ActorOut"] | null;
            first_line: components["schemas"]["FirstLine"];
            /** Id */
            id: string;
            /** Lapsed Because */
            lapsed_because?: string | null;
            /** Line Count */
            line_count: number;
            /** Not Answerable Because */
            not_answerable_because?: ("marketplace_waits_for_others" | "shop_disconnected") | null;
            order: components["schemas"]["OrderOut"];
            /** Order Ref */
            order_ref: string;
            order_total?: components["schemas"]["MoneyOut"] | null;
            /**
             * Ordered At
             * Format: date-time
             */
            ordered_at: string;
            parcel: components["schemas"]["ParcelOut"];
            reason: components["schemas"]["ReasonOut"];
            refund_total?: components["schemas"]["MoneyOut"] | null;
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /**
             * Requested At Source
             * @enum {string}
             */
            requested_at_source: "marketplace" | "first_seen";
            /** Respond By */
            respond_by?: string | null;
            /** Respond By Source */
            respond_by_source?: ("marketplace" | "estimated") | null;
            /**
             * Revision
             * @description Facts or state; send it with a decision, so that you decide on what you saw.
             */
            revision: number;
            /** Seller Center Url */
            seller_center_url?: string | null;
            shop: components["schemas"]["ShopRef"];
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "approved" | "rejected" | "cancelled_elsewhere" | "lapsed";
            stock: components["schemas"]["StockOut"];
            sync: components["schemas"]["SyncOut"];
            /**
             * Tab
             * @enum {string}
             */
            tab: "to_decide" | "cancelled" | "rejected" | "ended" | "attention";
            /** Unit Count */
            unit_count: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Version
             * @description Grows with any change: of two rows, the higher one is the newer.
             */
            version: number;
        };
        /** RevertOut */
        RevertOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            refusal?: components["schemas"]["RefusalOut"] | null;
            /**
             * Why
             * @enum {string}
             */
            why: "refused" | "not_taken" | "undone";
        };
        /** SellerRef */
        SellerRef: {
            /** Id */
            id: string;
            /** Name */
            name: string;
        };
        /**
         * SessionIn
         * @description One of the two.
         * @example {
         *       "token": "eyJhbGciOiJIUzI1NiJ9…"
         *     }
         */
        SessionIn: {
            /** Token */
            token?: string | null;
            /**
             * User
             * @description In the demo: one of GET session.
             */
            user?: string | null;
        };
        /**
         * SessionOut
         * @description Who is signed in, and what a log-in page may offer.
         */
        SessionOut: {
            /**
             * Demo
             * @description Whom the demo lets in without a token; empty everywhere else.
             */
            demo: components["schemas"]["DemoUserOut"][];
            /** @description Null: nobody, or no longer. */
            me: components["schemas"]["Me"] | null;
        };
        /** ShopCount */
        ShopCount: {
            /** Shop Id */
            shop_id: string;
            /** To Decide */
            to_decide: number;
        };
        /** ShopOut */
        ShopOut: {
            /** Authorised Until */
            authorised_until?: string | null;
            /** Channel */
            channel: string;
            /**
             * Last Heard At
             * Format: date-time
             */
            last_heard_at: string;
            /** Name */
            name: string;
            /** Region */
            region: string;
            /** Shop Id */
            shop_id: string;
            /**
             * State
             * @enum {string}
             */
            state: "connected" | "expiring" | "disconnected";
            /** To Decide */
            to_decide: number;
        };
        /** ShopRef */
        ShopRef: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Region */
            region: string;
        };
        /** Shops */
        Shops: {
            /** Items */
            items: components["schemas"]["ShopOut"][];
        };
        /** StockOut */
        StockOut: {
            /**
             * State
             * @enum {string}
             */
            state: "none" | "expected" | "returned" | "partly" | "reversed";
        };
        /** Summary */
        Summary: {
            /** Alerts */
            alerts: {
                [key: string]: number;
            };
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /**
             * By Channel
             * @description Number to decide, per channel.
             */
            by_channel: {
                [key: string]: number;
            };
            /** By Shop */
            by_shop: components["schemas"]["ShopCount"][];
            /** By Tab */
            by_tab: {
                [key: string]: number;
            };
            /** Due Soon */
            due_soon: number;
            /** Overdue */
            overdue: number;
            /**
             * To Decide
             * @description The badge.
             */
            to_decide: number;
            /**
             * Totals
             * @description Order totals of the chosen tab, one per currency.
             */
            totals: components["schemas"]["MoneyOut"][];
            /** Units */
            units: number;
        };
        /** SyncOut */
        SyncOut: {
            /** Attempt */
            attempt: number;
            /** Cause */
            cause?: string | null;
            /** Message */
            message?: string | null;
            /** Next Attempt At */
            next_attempt_at?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "none" | "queued" | "retrying" | "blocked" | "synced" | "confirmed" | "refused" | "failed";
        };
        /** Timeline */
        Timeline: {
            /** Items */
            items: components["schemas"]["TimelineEntry"][];
        };
        /** TimelineEntry */
        TimelineEntry: {
            actor?: components["schemas"]["ActorOut"] | null;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Event Id */
            event_id?: string | null;
            /** Kind */
            kind: string;
            /** Params */
            params: {
                [key: string]: unknown;
            };
            /** Text Key */
            text_key: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_cancel_requests_v1_cancel_requests_get: {
        parameters: {
            query?: {
                alert?: ("due_soon" | "overdue" | "unconfirmed" | "stop_parcel" | "refused" | "sync_failed" | "shop_disconnected" | "unmatched_sku" | "oversold")[];
                amount_from?: number | string | null;
                amount_to?: number | string | null;
                channel?: string | null;
                currency?: string | null;
                cursor?: string | null;
                limit?: number;
                order_ref?: string[];
                parcel_state?: ("not_arranged" | "arranged" | "handed_over" | "unknown")[];
                /** @description Beginning of an order ref, or words of SKU and product name */
                q?: string | null;
                reason?: string | null;
                region?: string[];
                requested_from?: string | null;
                requested_to?: string | null;
                respond_from?: string | null;
                respond_to?: string | null;
                shop_id?: string[];
                sort?: ("respond_by" | "-requested_at" | "-updated_at" | "-order_total") | null;
                state?: ("pending" | "approved" | "rejected" | "cancelled_elsewhere" | "lapsed")[];
                sync?: ("none" | "queued" | "retrying" | "blocked" | "synced" | "confirmed" | "refused" | "failed")[];
                tab?: "to_decide" | "cancelled" | "rejected" | "ended" | "attention" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestPage"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_cancel_request_v1_cancel_requests__request_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestOut"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acknowledge_v1_cancel_requests__request_id__acknowledge_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acknowledgement"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestOut"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approve_v1_cancel_requests__request_id__approve_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Approval"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestOut"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reject_v1_cancel_requests__request_id__reject_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Rejection"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestOut"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_reject_reasons_v1_cancel_requests__request_id__reject_reasons_get: {
        parameters: {
            query?: {
                locale?: string;
            };
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfferedReasons"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_sync_v1_cancel_requests__request_id__retry_sync_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestOut"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_timeline_v1_cancel_requests__request_id__timeline_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another seller's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decide_many_v1_cancel_requests_bulk_decisions_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkDecisions"];
            };
        };
        responses: {
            /** @description Successful Response */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResults"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_cancel_requests_v1_cancel_requests_export_get: {
        parameters: {
            query?: {
                alert?: ("due_soon" | "overdue" | "unconfirmed" | "stop_parcel" | "refused" | "sync_failed" | "shop_disconnected" | "unmatched_sku" | "oversold")[];
                amount_from?: number | string | null;
                amount_to?: number | string | null;
                channel?: string | null;
                currency?: string | null;
                order_ref?: string[];
                parcel_state?: ("not_arranged" | "arranged" | "handed_over" | "unknown")[];
                /** @description Beginning of an order ref, or words of SKU and product name */
                q?: string | null;
                reason?: string | null;
                region?: string[];
                requested_from?: string | null;
                requested_to?: string | null;
                respond_from?: string | null;
                respond_to?: string | null;
                shop_id?: string[];
                sort?: ("respond_by" | "-requested_at" | "-updated_at" | "-order_total") | null;
                state?: ("pending" | "approved" | "rejected" | "cancelled_elsewhere" | "lapsed")[];
                sync?: ("none" | "queued" | "retrying" | "blocked" | "synced" | "confirmed" | "refused" | "failed")[];
                tab?: "to_decide" | "cancelled" | "rejected" | "ended" | "attention" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_changes_v1_cancel_requests_stream_get: {
        parameters: {
            query?: never;
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many streams are open; try again after Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    summarise_cancel_requests_v1_cancel_requests_summary_get: {
        parameters: {
            query?: {
                alert?: ("due_soon" | "overdue" | "unconfirmed" | "stop_parcel" | "refused" | "sync_failed" | "shop_disconnected" | "unmatched_sku" | "oversold")[];
                amount_from?: number | string | null;
                amount_to?: number | string | null;
                channel?: string | null;
                currency?: string | null;
                order_ref?: string[];
                parcel_state?: ("not_arranged" | "arranged" | "handed_over" | "unknown")[];
                /** @description Beginning of an order ref, or words of SKU and product name */
                q?: string | null;
                reason?: string | null;
                region?: string[];
                requested_from?: string | null;
                requested_to?: string | null;
                respond_from?: string | null;
                respond_to?: string | null;
                shop_id?: string[];
                sort?: ("respond_by" | "-requested_at" | "-updated_at" | "-order_total") | null;
                state?: ("pending" | "approved" | "rejected" | "cancelled_elsewhere" | "lapsed")[];
                sync?: ("none" | "queued" | "retrying" | "blocked" | "synced" | "confirmed" | "refused" | "failed")[];
                tab?: "to_decide" | "cancelled" | "rejected" | "ended" | "attention" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summary"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    may_ship_many_v1_fulfilment_checks_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FulfilmentChecks"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fulfilments"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me_v1_me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    may_ship_v1_orders__channel___shop_id___order_ref__fulfilment_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
                order_ref: string;
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fulfilment"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    find_orders_in_parcel_v1_parcels__tracking_no__orders_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tracking_no: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrdersInParcel"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_v1_session_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_v1_session_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out_v1_session_delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_shops_v1_shops_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Shops"];
                };
            };
            /** @description The cursor or the request can't be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    make_connect_link_v1_shops_connect_links_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectLink"];
                };
            };
            /** @description The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role is missing; `role` names it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not as things are now; `type` says why */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body or the list is too long */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not valid; `errors` names it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
