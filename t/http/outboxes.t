# Outboxes and their notes: a job looks where something was noted, and finds
# what was not noted all the same.  How little it asks when nothing happens:
# jobs_idle.t.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Time::HiRes qw(sleep time);

my $civic = civic(plugins => ['civic'], fixtures => ['collector'],
    workers => 2, allow => qr/the job did not succeed|WRONGTYPE/);
my $nginx = $civic->nginx;
my $redis = $civic->redis;
my $client = $civic->client;
my $groups = 16;
my $posted = 0;

sub wait_for { return Civic::Process::wait_for(@_) }

# What Redis answers is nobody's for a moment while a slot moves.
sub hash {
    my ($key) = @_;
    my $all = wait_for($key, 10, sub {
        eval { $redis->command('HGETALL', $key) } });

    return { @$all };
}

# number => mark, of all groups.
sub notes {
    my ($name) = @_;

    return { map { %{ hash("civic:outbox-notes:$name:$_") } }
        0 .. $groups - 1 };
}

# While civic is off no job of it runs, and the trail waits in Redis.
sub civic_is {
    my ($switch) = @_;

    is(($nginx->civicctl('switch', 'civic', $switch))[0], 0,
        "civic is $switch");
    sleep 1.5;    # runs that had begun
    return;
}

# Entries of the audit trail, each near a key of its own.
sub enter {
    my ($count) = @_;

    for (1 .. $count) {
        $posted++;
        my $answer = $client->post('/collector/entries',
            json => { text => "n$posted" });
        is($answer->{status}, 204, "entry $posted")
            if $answer->{status} != 204;
    }
    return;
}

# How many outboxes of a name have something; one that moves has, perhaps.
sub waiting {
    my ($name) = @_;

    return scalar grep { eval { $redis->command('XLEN', $_) } // 1 }
        $redis->keys("civic:outbox:$name:*");
}

sub all_noted {
    my ($name) = @_;

    return eval { wait_for('notes', 15, sub {
        my $count = keys %{ notes($name) };
        return $count > 0 && $count == waiting($name);
    }) };
}

# A run that finds it all may come as late as a minute after its entry.
sub all_done {
    my ($name, $what) = @_;

    ok(eval { wait_for($what, 90, sub { !waiting($name) }) }, $what);
    return;
}

wait_for('two workers', 15,
    sub { (eval { $redis->command('HLEN', 'civic:workers') } || 0) >= 2 });


# ---- what was written is noted, until it is done ----

civic_is('off');
enter(30);
ok(all_noted('audit'), 'each outbox that has something is noted')
    or diag(explain(notes('audit')));
for my $group (0 .. $groups - 1) {
    my %in = %{ hash("civic:outbox-notes:audit:$group") };

    is_deeply([ grep { $_ % $groups != $group } keys %in ], [],
        "group $group: its own");
}
civic_is('on');
ok(eval { wait_for('looks', 40, sub { !%{ notes('audit') } }) },
    'no note is left');
is(waiting('audit'), 0, 'and nothing that they led to');


# ---- notes that are lost ----

civic_is('off');
enter(10);
ok(all_noted('audit'), 'noted');
$redis->command('DEL', "civic:outbox-notes:audit:$_") for 0 .. $groups - 1;
is_deeply(notes('audit'), {}, 'the notes are lost');
civic_is('on');
all_done('audit', 'what they were of is done all the same');


# ---- notes that Redis does not take ----

ok(eval { wait_for('no notes', 20, sub { !%{ notes('audit') } }) }, 'none yet');
civic_is('off');
$redis->command('SET', "civic:outbox-notes:audit:$_", 'in the way')
    for 0 .. $groups - 1;
enter(10);
sleep 2;
$redis->command('DEL', "civic:outbox-notes:audit:$_") for 0 .. $groups - 1;
ok(all_noted('audit'), 'they are told again');
civic_is('on');
all_done('audit', 'and lead to what waits');


# ---- an operator's run sees everything ----

my %seen;
sub seen {
    %seen = %{ hash("civic:collector:letters") };
    return scalar grep { $_ } map { $seen{$_} } @_;
}

for my $n (1 .. 12) {
    is($client->post('/collector/letters', json => { text => "$n" })
        ->{status}, 204, "letter $n");
}
ok(eval { wait_for('letters', 90, sub { seen(1 .. 12) == 12 }) },
    'letters are taken');
my @streams = $redis->keys('civic:outbox:collector.letters:*');

# as a worker of an older version writes, which notes nothing
sub unnoted {
    my ($text, $stream) = @_;

    return $redis->command('XADD', $stream, '*', 'entry', $text);
}

unnoted("now$_", $streams[$_]) for 0 .. $#streams;
my ($status, $said) = $nginx->civicctl('job', 'run', 'collector.letters');
is($status, 0, 'civicctl job run') or diag($said);
is(seen(map { "now$_" } 0 .. $#streams), scalar @streams,
    'finds what nobody noted, at once');


# ---- what is found and cannot be done is noted ----

$redis->command('DEL', 'civic:collector:letters');
$redis->command('SET', 'civic:collector:letters', 'in the way');
unnoted('stuck', $streams[0]);
ok(eval { wait_for('a note', 90,
    sub { keys %{ notes('collector.letters') } == 1 }) },
    'one that waits on has a note');
$redis->command('DEL', 'civic:collector:letters');
ok(eval { wait_for('the letter', 90, sub { seen('stuck') == 1 }) },
    'and is done when it can be');

finish();
