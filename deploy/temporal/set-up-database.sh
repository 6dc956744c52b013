#!/bin/sh
# Makes Temporal's two databases, or brings them to the schema of the tool's version; does nothing to one that has it.
# Needs temporal-sql-tool, and the SQL_… variables by which that finds the database. To be run before each new version.
set -eu

prepare() { # DATABASE SCHEMA
  export SQL_PLUGIN=postgres12 SQL_DATABASE="$1"
  temporal-sql-tool create
  temporal-sql-tool setup-schema -v 0.0
  temporal-sql-tool update-schema --schema-name "$2"
}

prepare temporal postgresql/v12/temporal
prepare temporal_visibility postgresql/v12/visibility
