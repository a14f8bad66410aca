-- A delivery that will not come about says so, instead of being under way for ever.
alter table delivery drop constraint delivery_state_check;
alter table delivery add constraint delivery_state_check check (state in ('copying', 'delivered', 'failed'));
alter table delivery add column error text;
