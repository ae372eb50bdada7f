#!/bin/sh
# Makes the certificates beside it anew: ./make.sh (needs openssl). Valid from 2020 to 2120, so that no clock makes a test fail.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# authority NAME
authority() {
  key "$1"
  openssl req -new -x509 -key "$1.key" -subj "/CN=$1" -out "$work/unused.pem" 2>/dev/null
  sign "$1" "$1" "/CN=$1" 'basicConstraints=critical,CA:TRUE' -selfsign
}

# sign NAME AUTHORITY SUBJECT EXTENSIONS [-selfsign]
sign() {
  : >"$work/index.txt"
  printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/index.txt\nnew_certs_dir=%s\nrand_serial=yes\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\n%b\n' \
    "$work" "$work" "$4" >"$work/ca.cnf"
  openssl req -new -key "$1.key" -subj "$3" -out "$work/$1.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions e -md sha256 -in "$work/$1.csr" -out "$1.pem" \
    -cert "$work/unused.pem" -keyfile "$2.key" ${5:-} -startdate 20200101000000Z -enddate 21200101000000Z 2>/dev/null
}

# leaf NAME AUTHORITY SUBJECT EXTENSIONS
leaf() {
  key "$1"
  cp "$2.pem" "$work/unused.pem"
  sign "$1" "$2" "$3" "$4"
}

authority authority
authority strangers-authority
leaf server authority /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
leaf alertmanager authority /CN=am-1 'subjectAltName=DNS:alertmanager.shop.example,URI:spiffe://shop.example/alertmanager'
leaf common-name-only authority /CN=plant.shop.example 'basicConstraints=CA:FALSE'
leaf stranger strangers-authority /CN=am-1 'subjectAltName=DNS:alertmanager.shop.example'
rm authority.key strangers-authority.key strangers-authority.pem
