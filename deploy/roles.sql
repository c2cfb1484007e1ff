-- The three roles of Guibin and its database, as a superuser of your own PostgreSQL: psql -f deploy/roles.sql
-- Change the passwords. None of the roles is a superuser, makes roles or passes row security; the service refuses others.
create role guibin_owner login nosuperuser nocreatedb nocreaterole nobypassrls password 'owner-password';
create role guibin_app login nosuperuser nocreatedb nocreaterole nobypassrls password 'app-password';
create role guibin_relay login nosuperuser nocreatedb nocreaterole nobypassrls password 'relay-password';
create database guibin owner guibin_owner encoding 'UTF8' template template0;
