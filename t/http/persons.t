# A walk through all persons who have a key of a family: each comes, to one
# shard, whatever else is in the store, over many runs, and while slots move.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Digest::SHA qw(sha1_base64);
use POSIX ();
use Time::HiRes qw(sleep time);

use constant PERSONS => 500;

my $civic = civic(plugins => [], fixtures => ['persons'],
    allow => qr/walks\ through\ all\ persons|cannot\ walk\ through/x);
my $redis = $civic->redis;

sub wait_for { return Civic::Process::wait_for(@_) }

sub pid { return substr sha1_base64($_[0]) =~ tr{+/}{-_}r, 0, 22 }

# While a slot moves it may be that nobody can be asked just now.
sub asked {
    my (@command) = @_;

    return wait_for("$command[0]", 5, sub {
        my @answer = eval { $redis->command(@command) };
        return $@ ? 0 : \@answer;
    })->[0];
}

sub run_job {
    my ($job) = @_;

    return $civic->nginx->civicctl('job', 'run', "persons.$job");
}

# What the shards of a job have noted: a hash each.
sub noted {
    my ($job, $shards) = @_;

    return map { +{ @{ asked('HGETALL', "civic:persons:{$job:$_}") } } }
        0 .. $shards - 1;
}

sub seen { return grep { length == 22 } map { keys %$_ } @_ }

my @persons = map { pid("person $_") } 1 .. PERSONS;
asked('HSET', "civic:{p:$_}:umbrella", 'out', 1) for @persons;

# Of others, of other families, and what only looks like one.
asked('SET', "civic:{p:$_}:umbrellas", 1) for map { pid("a $_") } 1 .. 40;
asked('SET', "civic:{p:$_}:login", 1) for map { pid("b $_") } 1 .. 40;
asked('SET', $_, 1) for 'civic:{p:short}:umbrella',
    'civic:{p:' . '*' x 22 . '}:umbrella',
    'civic:{p:' . pid('c') . '}:umbrella:umbrella',
    'civic:{p:' . pid('c') . 'x}:umbrella',
    'xcivic:{p:' . pid('c') . '}:umbrella';


# ---- whole ----

# The first run of each was due at once; wherever it got, one more is whole.
my ($status, $said) = run_job('whole');
is($status, 0, 'a walk to the end') or diag($said);
my @whole = noted('whole', 3);
is_deeply([ sort { $a cmp $b } seen(@whole) ],
    [ sort { $a cmp $b } @persons ], 'each person is of one shard');
for my $shard (0 .. 2) {
    cmp_ok(scalar seen($whole[$shard]), '>', PERSONS / 6,
        "shard $shard has its part");
    is($whole[$shard]{cursor}, 0, 'and is at the end');
}


# ---- in pieces ----

my $rounds = 0;
wait_for('two walks over many runs', 60, sub {
    run_job('walk');
    $rounds++;
    return !grep { ($_->{walks} // 0) < 2 } noted('walk', 2);
});
my @walk = noted('walk', 2);
is_deeply([ sort { $a cmp $b } seen(@walk) ],
    [ sort { $a cmp $b } @persons ], 'each person comes');
cmp_ok($walk[0]{pages}, '>', 6, 'over many pages');
cmp_ok($rounds, '>', 2, 'and many runs');

SKIP: {
    skip('one Redis has its own cursors', 1) if $redis->form eq 'cluster';
    my %more = map { %$_ } @walk;

    # a stored cursor of another process is none
    asked('HSET', 'civic:persons:{walk:0}', 'cursor',
        (1 << 62 | 4711 << 40 | 77));
    ($status) = run_job('walk');
    isnt($status, 0, 'another process\' cursor is refused');
    is((noted('walk', 1))[0]{cursor}, 0, 'and the walk begins anew');
}


# ---- while slots move ----

SKIP: {
    skip('nothing moves', 1) if $redis->form ne 'cluster';

    # Each person's key is deleted from nowhere, but it travels: to and fro
    # between the nodes while the walks go on.
    my %slot = map { asked(qw(CLUSTER KEYSLOT), "civic:{p:$_}:umbrella") => 1 }
        @persons;
    my @slots = (sort { $a <=> $b } keys %slot)[0 .. 149];
    my $flag = Civic::Process::folder() . '/stop';

    $redis->stop_migrating;             # one mover for each slot
    my $moving = Civic::Process::background('moves', sub {
        for my $round (1 .. 50) {
            for my $slot (@slots) {
                POSIX::_exit(0) if -e $flag;
                eval { $redis->migrate($slot, $round % 3, 0.01) };
            }
        }
        POSIX::_exit(0);
    });
    my ($well, @wrong) = (0);

    # A walk may say that it could not be; but if it could, it was whole.
    for my $round (1 .. 8) {
        asked('DEL', "civic:persons:{whole:$_}") for 0 .. 2;
        ($status, $said) = run_job('whole');
        note("round $round: $said") if $status;
        next if $status;

        my %seen = map { $_ => 1 } seen(noted('whole', 3));
        my @missed = grep { !$seen{$_} } @persons;

        $well++;
        push @wrong, "round $round: " . @missed . ' missed' if @missed;
    }
    is_deeply(\@wrong, [], 'nobody is missed while keys travel');
    cmp_ok($well, '>=', 4, 'and most walks get to the end');
    open my $file, '>', $flag or die $!;
    wait_for('the moves', 15, sub { !Civic::Process::alive($moving) });
}


# ---- misuse ----

run_job('misuse');
my ($misuse) = noted('misuse', 1);
for my $what (qw(few many family empty shard)) {
    ok($misuse->{"$what=-2"}, "misuse: $what") or diag(explain($misuse));
}
ok($misuse->{"forged$_=-3"}, "a forged cursor is no place: $_")
    or diag(explain($misuse)) for 0 .. 3;
is($civic->client->get('/persons/elsewhere')->{json}{result}, -2,
    'only jobs may');
$civic->nginx->log_has(qr/walks through all persons, and is in no job/);

finish();
