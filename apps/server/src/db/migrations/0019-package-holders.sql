-- Which inventories hold a package, answered from the index alone: new advisories ask it of packages that most images hold.
create index inventory_package_holders on inventory_package (package_id, inventory_id) include (owner);
drop index inventory_package_package_id_idx;
