-- Tables of an Odoo 19 shop: the columns that measurements read, with Odoo's btree indexes on them. Recorded from Odoo 19.
CREATE TABLE account_move (
  "id" integer PRIMARY KEY,
  "journal_id" integer,
  "company_id" integer,
  "name" varchar,
  "ref" varchar,
  "state" varchar,
  "move_type" varchar,
  "payment_state" varchar,
  "invoice_origin" varchar,
  "date" date,
  "invoice_date" date,
  "amount_total" numeric,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON account_move USING btree (company_id);
CREATE INDEX ON account_move USING btree (date);
CREATE INDEX ON account_move USING btree (invoice_date);
CREATE INDEX ON account_move USING btree (move_type);
CREATE INDEX ON account_move USING btree (journal_id, company_id, date);
CREATE INDEX ON account_move USING btree (journal_id, state, payment_state, move_type, date);
CREATE TABLE bus_bus (
  "id" integer PRIMARY KEY,
  "create_date" timestamp
);
CREATE TABLE ir_cron (
  "id" integer PRIMARY KEY,
  "ir_actions_server_id" integer,
  "user_id" integer,
  "interval_number" integer,
  "priority" integer,
  "failure_count" integer,
  "create_uid" integer,
  "write_uid" integer,
  "cron_name" varchar,
  "interval_type" varchar,
  "active" boolean,
  "nextcall" timestamp,
  "lastcall" timestamp,
  "first_failure_date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON ir_cron USING btree (ir_actions_server_id);
CREATE TABLE ir_cron_progress (
  "id" integer PRIMARY KEY,
  "cron_id" integer,
  "remaining" integer,
  "done" integer,
  "timed_out_counter" integer,
  "create_uid" integer,
  "write_uid" integer,
  "deactivate" boolean,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON ir_cron_progress USING btree (cron_id);
CREATE TABLE ir_cron_trigger (
  "id" integer PRIMARY KEY,
  "cron_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "call_at" timestamp,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON ir_cron_trigger USING btree (call_at);
CREATE INDEX ON ir_cron_trigger USING btree (cron_id);
CREATE TABLE ir_logging (
  "id" integer PRIMARY KEY,
  "name" varchar,
  "type" varchar,
  "dbname" varchar,
  "level" varchar,
  "func" varchar,
  "line" varchar,
  "create_date" timestamp
);
CREATE INDEX ON ir_logging USING btree (dbname);
CREATE INDEX ON ir_logging USING btree (level);
CREATE INDEX ON ir_logging USING btree (type);
CREATE TABLE ir_module_module (
  "name" varchar,
  "state" varchar,
  "latest_version" varchar
);
CREATE INDEX ON ir_module_module USING btree (state);
CREATE INDEX ON ir_module_module USING btree (name);
CREATE TABLE mail_mail (
  "id" integer PRIMARY KEY,
  "mail_message_id" integer,
  "fetchmail_server_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "email_cc" varchar,
  "state" varchar,
  "failure_type" varchar,
  "email_to" text,
  "failure_reason" text,
  "is_notification" boolean,
  "auto_delete" boolean,
  "scheduled_date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON mail_mail USING btree (mail_message_id);
CREATE TABLE payment_provider (
  "id" integer PRIMARY KEY,
  "sequence" integer,
  "company_id" integer,
  "code" varchar,
  "state" varchar,
  "name" jsonb,
  "is_published" boolean
);
CREATE INDEX ON payment_provider USING btree (company_id);
CREATE TABLE payment_transaction (
  "id" integer PRIMARY KEY,
  "provider_id" integer,
  "company_id" integer,
  "payment_method_id" integer,
  "currency_id" integer,
  "token_id" integer,
  "source_transaction_id" integer,
  "partner_id" integer,
  "partner_state_id" integer,
  "partner_country_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "reference" varchar,
  "provider_reference" varchar,
  "state" varchar,
  "operation" varchar,
  "partner_name" varchar,
  "partner_lang" varchar,
  "state_message" text,
  "amount" numeric,
  "is_live" boolean,
  "is_post_processed" boolean,
  "tokenize" boolean,
  "last_state_change" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "payment_id" integer,
  "is_donation" boolean,
  "pos_order_id" integer
);
CREATE INDEX ON payment_transaction USING btree (company_id);
CREATE INDEX ON payment_transaction USING btree (operation);
CREATE INDEX ON payment_transaction USING btree (state);
CREATE INDEX ON payment_transaction USING btree (reference);
CREATE TABLE pos_config (
  "id" integer PRIMARY KEY,
  "picking_type_id" integer,
  "journal_id" integer,
  "pricelist_id" integer,
  "company_id" integer,
  "name" varchar,
  "active" boolean,
  "use_pricelist" boolean,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE TABLE pos_order (
  "id" integer PRIMARY KEY,
  "user_id" integer,
  "company_id" integer,
  "pricelist_id" integer,
  "partner_id" integer,
  "sequence_number" integer,
  "session_id" integer,
  "config_id" integer,
  "account_move" integer,
  "preset_id" integer,
  "nb_print" integer,
  "sale_journal" integer,
  "fiscal_position_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "state" varchar,
  "floating_order_name" varchar,
  "pos_reference" varchar,
  "tracking_number" varchar,
  "uuid" varchar,
  "email" varchar,
  "mobile" varchar,
  "source" varchar,
  "shipping_date" date,
  "amount_difference" numeric,
  "amount_tax" numeric,
  "amount_total" numeric,
  "amount_paid" numeric,
  "amount_return" numeric,
  "currency_rate" numeric,
  "tip_amount" numeric,
  "is_refund" boolean,
  "to_invoice" boolean,
  "is_tipped" boolean,
  "has_deleted_line" boolean,
  "date_order" timestamp,
  "preset_time" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "next_online_payment_amount" numeric,
  "crm_team_id" integer
);
CREATE INDEX ON pos_order USING btree (company_id);
CREATE INDEX ON pos_order USING btree (date_order);
CREATE INDEX ON pos_order USING btree (pos_reference);
CREATE INDEX ON pos_order USING btree (session_id);
CREATE INDEX ON pos_order USING btree (state);
CREATE INDEX ON pos_order USING btree (uuid);
CREATE TABLE pos_order_line (
  "id" integer PRIMARY KEY,
  "company_id" integer,
  "product_id" integer,
  "order_id" integer,
  "refunded_orderline_id" integer,
  "combo_parent_id" integer,
  "combo_item_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "notice" varchar,
  "price_type" varchar,
  "full_product_name" varchar,
  "customer_note" varchar,
  "uuid" varchar,
  "note" varchar,
  "extra_tax_data" jsonb,
  "price_unit" numeric,
  "qty" numeric,
  "price_subtotal" numeric,
  "price_subtotal_incl" numeric,
  "total_cost" numeric,
  "discount" numeric,
  "is_total_cost_computed" boolean,
  "is_edited" boolean,
  "create_date" timestamp,
  "write_date" timestamp,
  "price_extra" double precision,
  "sale_order_origin_id" integer,
  "sale_order_line_id" integer,
  "down_payment_details" text,
  "qty_delivered" double precision
);
CREATE INDEX ON pos_order_line USING btree (order_id);
CREATE INDEX ON pos_order_line USING btree (uuid);
CREATE TABLE pos_payment (
  "id" integer PRIMARY KEY,
  "pos_order_id" integer,
  "payment_method_id" integer,
  "session_id" integer,
  "company_id" integer,
  "account_move_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "card_type" varchar,
  "card_brand" varchar,
  "card_no" varchar,
  "cardholder_name" varchar,
  "payment_ref_no" varchar,
  "payment_method_authcode" varchar,
  "payment_method_issuer_bank" varchar,
  "payment_method_payment_mode" varchar,
  "transaction_id" varchar,
  "payment_status" varchar,
  "ticket" varchar,
  "uuid" varchar,
  "amount" numeric,
  "is_change" boolean,
  "payment_date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "online_account_payment_id" integer
);
CREATE INDEX ON pos_payment USING btree (pos_order_id);
CREATE INDEX ON pos_payment USING btree (session_id);
CREATE INDEX ON pos_payment USING btree (uuid);
CREATE TABLE pos_session (
  "id" integer PRIMARY KEY,
  "config_id" integer,
  "user_id" integer,
  "cash_journal_id" integer,
  "move_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "state" varchar,
  "opening_notes" text,
  "closing_notes" text,
  "cash_register_balance_end_real" numeric,
  "cash_register_balance_start" numeric,
  "cash_real_transaction" numeric,
  "rescue" boolean,
  "update_stock_at_closing" boolean,
  "start_at" timestamp,
  "stop_at" timestamp,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON pos_session USING btree (config_id);
CREATE INDEX ON pos_session USING btree (move_id);
CREATE INDEX ON pos_session USING btree (state);
CREATE INDEX ON pos_session USING btree (user_id);
CREATE TABLE product_pricelist (
  "id" integer PRIMARY KEY,
  "sequence" integer,
  "currency_id" integer,
  "company_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" jsonb,
  "active" boolean,
  "create_date" timestamp,
  "write_date" timestamp,
  "website_id" integer,
  "code" varchar,
  "selectable" boolean
);
CREATE TABLE product_pricelist_item (
  "id" integer PRIMARY KEY,
  "pricelist_id" integer,
  "company_id" integer,
  "currency_id" integer,
  "categ_id" integer,
  "product_tmpl_id" integer,
  "product_id" integer,
  "base_pricelist_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "applied_on" varchar,
  "display_applied_on" varchar,
  "base" varchar,
  "compute_price" varchar,
  "min_quantity" numeric,
  "fixed_price" numeric,
  "price_discount" numeric,
  "price_round" numeric,
  "price_surcharge" numeric,
  "price_markup" numeric,
  "price_min_margin" numeric,
  "price_max_margin" numeric,
  "date_start" timestamp,
  "date_end" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "percent_price" double precision
);
CREATE INDEX ON product_pricelist_item USING btree (compute_price);
CREATE INDEX ON product_pricelist_item USING btree (pricelist_id);
CREATE TABLE product_product (
  "id" integer PRIMARY KEY,
  "product_tmpl_id" integer,
  "default_code" varchar,
  "active" boolean,
  "write_date" timestamp,
  "create_date" timestamp
);
CREATE INDEX ON product_product USING btree (default_code);
CREATE INDEX ON product_product USING btree (product_tmpl_id);
CREATE TABLE product_template (
  "id" integer PRIMARY KEY,
  "company_id" integer,
  "type" varchar,
  "default_code" varchar,
  "name" jsonb,
  "list_price" numeric,
  "sale_ok" boolean,
  "active" boolean,
  "create_date" timestamp,
  "write_date" timestamp,
  "tracking" varchar,
  "is_storable" boolean,
  "available_in_pos" boolean,
  "is_published" boolean
);
CREATE INDEX ON product_template USING btree (company_id);
CREATE INDEX ON product_template USING btree (is_published);
CREATE TABLE res_company (
  "id" integer PRIMARY KEY,
  "name" varchar,
  "currency_id" integer,
  "parent_id" integer,
  "anglo_saxon_accounting" boolean,
  "point_of_sale_update_stock_quantities" varchar
);
CREATE INDEX ON res_company USING btree (parent_id);
CREATE INDEX ON res_company USING btree (name);
CREATE TABLE sale_order (
  "id" integer PRIMARY KEY,
  "campaign_id" integer,
  "source_id" integer,
  "medium_id" integer,
  "company_id" integer,
  "partner_id" integer,
  "pending_email_template_id" integer,
  "journal_id" integer,
  "partner_invoice_id" integer,
  "partner_shipping_id" integer,
  "fiscal_position_id" integer,
  "payment_term_id" integer,
  "preferred_payment_method_line_id" integer,
  "pricelist_id" integer,
  "currency_id" integer,
  "user_id" integer,
  "team_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "state" varchar,
  "client_order_ref" varchar,
  "origin" varchar,
  "reference" varchar,
  "invoice_status" varchar,
  "validity_date" date,
  "currency_rate" numeric,
  "amount_untaxed" numeric,
  "amount_tax" numeric,
  "amount_total" numeric,
  "locked" boolean,
  "require_signature" boolean,
  "require_payment" boolean,
  "create_date" timestamp,
  "commitment_date" timestamp,
  "date_order" timestamp,
  "write_date" timestamp,
  "prepayment_percent" double precision,
  "carrier_id" integer,
  "delivery_message" varchar,
  "pickup_location_data" jsonb,
  "recompute_delivery_price" boolean,
  "shipping_weight" double precision,
  "sale_order_template_id" integer,
  "incoterm" integer,
  "warehouse_id" integer,
  "incoterm_location" varchar,
  "picking_policy" varchar,
  "delivery_status" varchar,
  "effective_date" timestamp,
  "amount_unpaid" numeric,
  "customizable_pdf_form_fields" jsonb,
  "website_id" integer,
  "shop_warning" varchar,
  "cart_recovery_email_sent" boolean
);
CREATE INDEX ON sale_order USING btree (company_id);
CREATE INDEX ON sale_order USING btree (create_date);
CREATE INDEX ON sale_order USING btree (partner_id);
CREATE INDEX ON sale_order USING btree (state);
CREATE INDEX ON sale_order USING btree (team_id);
CREATE INDEX ON sale_order USING btree (user_id);
CREATE INDEX ON sale_order USING btree (date_order DESC, id DESC);
CREATE TABLE sale_order_line (
  "id" integer PRIMARY KEY,
  "order_id" integer,
  "sequence" integer,
  "company_id" integer,
  "currency_id" integer,
  "order_partner_id" integer,
  "salesman_id" integer,
  "product_id" integer,
  "product_uom_id" integer,
  "linked_line_id" integer,
  "combo_item_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "state" varchar,
  "display_type" varchar,
  "virtual_id" varchar,
  "linked_virtual_id" varchar,
  "qty_delivered_method" varchar,
  "invoice_status" varchar,
  "analytic_distribution" jsonb,
  "extra_tax_data" jsonb,
  "name" text,
  "product_uom_qty" numeric,
  "price_unit" numeric,
  "discount" numeric,
  "price_subtotal" numeric,
  "price_total" numeric,
  "price_reduce_taxexcl" numeric,
  "price_reduce_taxinc" numeric,
  "qty_delivered" numeric,
  "qty_invoiced" numeric,
  "qty_to_invoice" numeric,
  "untaxed_amount_invoiced" numeric,
  "untaxed_amount_to_invoice" numeric,
  "is_downpayment" boolean,
  "is_expense" boolean,
  "collapse_prices" boolean,
  "collapse_composition" boolean,
  "create_date" timestamp,
  "write_date" timestamp,
  "technical_price_unit" double precision,
  "price_tax" double precision,
  "customer_lead" double precision,
  "is_delivery" boolean,
  "is_optional" boolean,
  "warehouse_id" integer,
  "shop_warning" varchar
);
CREATE INDEX ON sale_order_line USING btree (company_id);
CREATE INDEX ON sale_order_line USING btree (linked_line_id);
CREATE INDEX ON sale_order_line USING btree (order_id);
CREATE INDEX ON sale_order_line USING btree (order_partner_id);
CREATE TABLE sale_order_transaction_rel (
  "transaction_id" integer,
  "sale_order_id" integer
);
CREATE INDEX ON sale_order_transaction_rel USING btree (sale_order_id, transaction_id);
CREATE TABLE stock_location (
  "id" integer PRIMARY KEY,
  "company_id" integer,
  "name" varchar,
  "complete_name" varchar,
  "usage" varchar,
  "active" boolean
);
CREATE INDEX ON stock_location USING btree (company_id);
CREATE INDEX ON stock_location USING btree (usage);
CREATE TABLE stock_move (
  "id" integer PRIMARY KEY,
  "sequence" integer,
  "company_id" integer,
  "product_id" integer,
  "product_uom" integer,
  "location_id" integer,
  "location_dest_id" integer,
  "location_final_id" integer,
  "partner_id" integer,
  "picking_id" integer,
  "scrap_id" integer,
  "rule_id" integer,
  "picking_type_id" integer,
  "origin_returned_move_id" integer,
  "restrict_partner_id" integer,
  "warehouse_id" integer,
  "next_serial_count" integer,
  "orderpoint_id" integer,
  "packaging_uom_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "priority" varchar,
  "state" varchar,
  "origin" varchar,
  "procure_method" varchar,
  "inventory_name" varchar,
  "reference" varchar,
  "next_serial" varchar,
  "reservation_date" date,
  "description_picking_manual" text,
  "product_qty" numeric,
  "product_uom_qty" numeric,
  "quantity" numeric,
  "picked" boolean,
  "propagate_cancel" boolean,
  "is_inventory" boolean,
  "additional" boolean,
  "date" timestamp,
  "date_deadline" timestamp,
  "delay_alert_date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "price_unit" double precision,
  "packaging_uom_qty" double precision,
  "account_move_id" integer,
  "value" numeric,
  "to_refund" boolean,
  "is_in" boolean,
  "is_out" boolean,
  "is_dropship" boolean,
  "sale_line_id" integer,
  "weight" numeric
);
CREATE INDEX ON stock_move USING btree (company_id);
CREATE INDEX ON stock_move USING btree (date);
CREATE INDEX ON stock_move USING btree (location_dest_id);
CREATE INDEX ON stock_move USING btree (location_final_id);
CREATE INDEX ON stock_move USING btree (location_id);
CREATE INDEX ON stock_move USING btree (orderpoint_id);
CREATE INDEX ON stock_move USING btree (origin_returned_move_id);
CREATE INDEX ON stock_move USING btree (picking_id);
CREATE INDEX ON stock_move USING btree (product_id);
CREATE INDEX ON stock_move USING btree (state);
CREATE INDEX ON stock_move USING btree (product_id, location_id, location_dest_id, company_id, state);
CREATE TABLE stock_move_line (
  "id" integer PRIMARY KEY,
  "picking_id" integer,
  "move_id" integer,
  "company_id" integer,
  "product_id" integer,
  "product_uom_id" integer,
  "package_id" integer,
  "lot_id" integer,
  "result_package_id" integer,
  "package_history_id" integer,
  "owner_id" integer,
  "location_id" integer,
  "location_dest_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "lot_name" varchar,
  "state" varchar,
  "quantity" numeric,
  "quantity_product_uom" numeric,
  "picked" boolean,
  "is_entire_pack" boolean,
  "date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON stock_move_line USING btree (company_id);
CREATE INDEX ON stock_move_line USING btree (location_dest_id);
CREATE INDEX ON stock_move_line USING btree (location_id);
CREATE INDEX ON stock_move_line USING btree (move_id);
CREATE INDEX ON stock_move_line USING btree (picking_id);
CREATE INDEX ON stock_move_line USING btree (product_id);
CREATE TABLE stock_picking (
  "id" integer PRIMARY KEY,
  "backorder_id" integer,
  "return_id" integer,
  "location_id" integer,
  "location_dest_id" integer,
  "picking_type_id" integer,
  "partner_id" integer,
  "company_id" integer,
  "user_id" integer,
  "owner_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "origin" varchar,
  "move_type" varchar,
  "state" varchar,
  "priority" varchar,
  "picking_properties" jsonb,
  "note" text,
  "shipping_weight" numeric,
  "has_deadline_issue" boolean,
  "printed" boolean,
  "is_locked" boolean,
  "scheduled_date" timestamp,
  "date_deadline" timestamp,
  "date_done" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "pos_session_id" integer,
  "pos_order_id" integer,
  "sale_id" integer,
  "carrier_id" integer,
  "carrier_tracking_ref" varchar,
  "weight" numeric,
  "carrier_price" double precision,
  "website_id" integer
);
CREATE INDEX ON stock_picking USING btree (company_id);
CREATE INDEX ON stock_picking USING btree (picking_type_id);
CREATE INDEX ON stock_picking USING btree (pos_order_id);
CREATE INDEX ON stock_picking USING btree (pos_session_id);
CREATE INDEX ON stock_picking USING btree (scheduled_date);
CREATE INDEX ON stock_picking USING btree (state);
CREATE INDEX ON stock_picking USING btree (name, company_id);
CREATE TABLE stock_picking_type (
  "id" integer PRIMARY KEY,
  "warehouse_id" integer,
  "company_id" integer,
  "sequence_code" varchar,
  "code" varchar,
  "name" jsonb,
  "active" boolean
);
CREATE INDEX ON stock_picking_type USING btree (company_id);
CREATE TABLE stock_quant (
  "id" integer PRIMARY KEY,
  "product_id" integer,
  "company_id" integer,
  "location_id" integer,
  "lot_id" integer,
  "package_id" integer,
  "owner_id" integer,
  "user_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "inventory_date" date,
  "quantity" numeric,
  "reserved_quantity" numeric,
  "inventory_quantity" numeric,
  "inventory_diff_quantity" numeric,
  "inventory_quantity_set" boolean,
  "in_date" timestamp,
  "create_date" timestamp,
  "write_date" timestamp,
  "accounting_date" date
);
CREATE INDEX ON stock_quant USING btree (location_id);
CREATE INDEX ON stock_quant USING btree (lot_id);
CREATE INDEX ON stock_quant USING btree (package_id);
CREATE INDEX ON stock_quant USING btree (product_id);
CREATE TABLE stock_warehouse (
  "id" integer PRIMARY KEY,
  "company_id" integer,
  "lot_stock_id" integer,
  "name" varchar,
  "code" varchar,
  "active" boolean,
  "pos_type_id" integer
);
CREATE INDEX ON stock_warehouse USING btree (code, company_id);
CREATE INDEX ON stock_warehouse USING btree (name, company_id);
CREATE TABLE stock_warehouse_orderpoint (
  "id" integer PRIMARY KEY,
  "warehouse_id" integer,
  "location_id" integer,
  "product_id" integer,
  "replenishment_uom_id" integer,
  "company_id" integer,
  "route_id" integer,
  "create_uid" integer,
  "write_uid" integer,
  "name" varchar,
  "trigger" varchar,
  "snoozed_until" date,
  "deadline_date" date,
  "product_min_qty" numeric,
  "product_max_qty" numeric,
  "qty_to_order_computed" numeric,
  "qty_to_order_manual" numeric,
  "active" boolean,
  "create_date" timestamp,
  "write_date" timestamp
);
CREATE INDEX ON stock_warehouse_orderpoint USING btree (company_id);
CREATE INDEX ON stock_warehouse_orderpoint USING btree (location_id);
CREATE INDEX ON stock_warehouse_orderpoint USING btree (product_id);
CREATE INDEX ON stock_warehouse_orderpoint USING btree (warehouse_id);
CREATE INDEX ON stock_warehouse_orderpoint USING btree (product_id, location_id, company_id);
CREATE TABLE website (
  "id" integer PRIMARY KEY,
  "company_id" integer,
  "name" varchar,
  "domain" varchar
);
CREATE INDEX ON website USING btree (domain);
