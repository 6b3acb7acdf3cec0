-- +goose Up

-- Durable work. One unfinished job per kind and key; a finished one is deleted.
CREATE TABLE job (
    id           TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    key          TEXT   NOT NULL,
    payload      TEXT   NOT NULL, -- JSON
    state        TEXT   NOT NULL, -- waiting for run_at, ready, running, parked for a person
    run_at       BIGINT NOT NULL,
    deadline     BIGINT NOT NULL, -- ready jobs run in this order; the largest number when there is none
    attempt      BIGINT NOT NULL, -- failed attempts so far
    again_at     BIGINT NOT NULL, -- added once more while it ran: then run again; 0 when not
    owner        TEXT   NOT NULL, -- who runs it
    lease        TEXT   NOT NULL, -- what its runner must show to finish it
    leased_until BIGINT NOT NULL,
    rescued      BIGINT NOT NULL, -- leases that ended unfinished since the last finish
    error        TEXT   NOT NULL, -- of the last attempt
    added        BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_key ON job (kind, key);
CREATE INDEX job_waiting ON job (run_at) WHERE state = 'waiting';
CREATE INDEX job_ready ON job (deadline, run_at) WHERE state = 'ready';
CREATE INDEX job_running ON job (leased_until) WHERE state = 'running';

-- +goose Down
DROP TABLE job;
