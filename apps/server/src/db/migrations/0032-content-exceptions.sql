-- Secrets, matches of malware and checks of the baseline may be accepted for a time, as findings may.
alter table exception drop constraint exception_kind_check;
alter table exception add constraint exception_kind_check
  check (kind in ('finding', 'policy', 'secret', 'malware', 'baseline', 'detection', 'drift', 'break-glass'));
