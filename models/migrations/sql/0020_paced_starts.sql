-- How many cases have begun lately is asked at each delivery.

CREATE INDEX outbox_starts ON outbox (delivered_at) WHERE errand = 'start';
