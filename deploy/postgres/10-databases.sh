#!/usr/bin/env bash
# Runs once, in a new data folder: the shop's database beside ours, with its own user.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$SHOP_PASSWORD" --username postgres <<'SQL'
CREATE ROLE shop LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE shop OWNER shop;
CREATE DATABASE parapet;
SQL
