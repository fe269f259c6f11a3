#!/bin/sh
# One role and one database of the same name for each service; done again it only sets the passwords.
set -eu

database() {
	psql --quiet --set ON_ERROR_STOP=1 --set name="$1" --set password="$2" <<-'SQL'
		select format('create role %I login', :'name') where not exists (select from pg_roles where rolname = :'name') \gexec
		select format('alter role %I password %L', :'name', :'password') \gexec
		select format('create database %I owner %I', :'name', :'name') where not exists (select from pg_database where datname = :'name') \gexec
		select format('revoke all on database %I from public', :'name') \gexec
	SQL
}

database ingestor "$PASSWORD_INGESTOR"
database decision "$PASSWORD_DECISION"
database inventory "$PASSWORD_INVENTORY"
database sync_back "$PASSWORD_SYNC_BACK"
database accounts "$PASSWORD_ACCOUNTS"
database ops "$PASSWORD_OPS"
psql --quiet --set ON_ERROR_STOP=1 --command 'grant connect on database accounts to sync_back'
psql --quiet --set ON_ERROR_STOP=1 --command 'grant connect on database ingestor, decision, inventory, sync_back, accounts to ops'
