-- Who did what, when and why. Rows are only added; a replay's row also tells how far it is.
create table actions (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    who     text not null,
    why     text,
    what    text not null,  -- the command: `dlq retry`
    details jsonb not null default '{}'
);
create index actions_at on actions (at);

-- A dead letter is known by where it lies. The latest thing done to it counts; the earlier ones are in actions.
create table letters (
    topic     text not null,
    partition int not null,
    position  bigint not null,
    done      text not null check (done in ('retried', 'discarded')),
    action    bigint not null references actions,
    primary key (topic, partition, position)
);
create index letters_of_action on letters (action);

-- What a letter said before and after somebody edited it; the newest edit is what is sent.
create table edits (
    id        bigint generated always as identity primary key,
    topic     text not null,
    partition int not null,
    position  bigint not null,
    before    bytea,
    after     bytea not null,
    key_after bytea not null,
    action    bigint not null references actions
);
create index edits_of_letter on edits (topic, partition, position, id);

create table replays (
    id         text primary key,
    topic      text not null,
    consumer   text not null,
    selection  jsonb not null,
    asked      jsonb not null,        -- times or offsets, as they were asked for
    reprocess  boolean not null,
    call_again boolean not null,
    rate       double precision,      -- events per second; null: as fast as it goes
    who        text not null,
    why        text not null check (why <> ''),
    planned    jsonb not null,        -- what the plan counted just before
    state      text not null default 'running' check (state in ('running', 'paused', 'stopped', 'sent', 'done')),
    created_at timestamptz not null default clock_timestamp(),
    ended_at   timestamptz,
    result     jsonb
);

-- One row per partition of the source. What is sent after `next` was saved is sent again after a crash: at most one chunk.
create table replay_ranges (
    replay     text not null references replays,
    partition  int not null,
    first      bigint not null,
    last       bigint not null,       -- the one after the last
    next       bigint not null,
    read       bigint not null default 0,
    sent       bigint not null default 0,
    unreadable bigint not null default 0,
    primary key (replay, partition),
    check (first <= next and next <= last)
);
