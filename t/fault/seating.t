# Seating that is killed: the worker which seats people is ended with SIGKILL
# again and again, in every phase, beside another nginx.  At the end everybody
# has one seat, each seat one person, and each the same as without a death.  So
# is whoever erases seats that were kept long enough: in the end all are gone,
# each with one proof.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::Process;

use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $exam = 'killed-2026';
my $people = 1500;
my $order = "civic:{ticket:$exam}:order";
my $folder = Civic::Process::folder();
my $key = "$folder/key.pem";

system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");

my @with = (plugins => [ 'exam', 'civic', "ticket signing_key=$key" ],
    fixtures => ['review_paid'], workers => 2, start => 0,
    allow => qr/exited on signal 9|its holder|was lost|lapsed/);
my $one = civic(@with);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis);
my @civics = ($one, $two);

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
for my $civic (@civics) {
    $civic->nginx->start;
    $civic->wait_ready;
}

my %window = (from => china(time - 86400), until => china(time + 86400));
open my $file, '>', "$folder/exam.json" or die $!;
print {$file} JSON::PP->new->utf8->encode({
    exam_id => $exam, title => { zh => '考试' },
    windows => { (map { $_ => \%window } qw(registration review payment)),
        printing => { from => china(time + 86400),
            until => china(time + 2 * 86400) } },
    fee => { fen => 0, title => { zh => '免费' } },
    form => [ { name => 'agrees', type => 'yes_no', label => { zh => '同意' } } ],
    positions => [ { code => '0101', name => { zh => '职位' },
        unit => { zh => '单位' }, places => 3, conditions => [] } ],
    subjects => [ { code => 'xc', name => { zh => '科目' },
        from => china(time + 3 * 86400),
        until => china(time + 3 * 86400 + 7200) } ],
    sites => [ { code => '01', name => { zh => '考点' },
        address => { zh => '地址' }, rooms => [ map { {
            code => sprintf('%03d', $_), seats => 30 } } 1 .. 60 ] } ],
    ticket => { number_prefix => '63', instructions => [ { zh => '须知' } ] },
});
close $file;
is(($one->nginx->civicctl('exam', 'load', "$folder/exam.json"))[0], 0,
    'an exam of 1,800 places');

for my $n (1 .. $people) {
    my $pid = sprintf 'p%021d', $n;

    $redis->command('HSET', "civic:{review:$exam}:who", $pid, '0101|1|x');
    $redis->command('SADD', "civic:{review:$exam}:paid", $pid);
}

sub order { return { @{ $redis->command('HGETALL', $order) } } }

# Both in one moment, for seating goes on.
sub seats {
    my ($seats, $people) = @{ $redis->command('EVAL', <<'LUA', 2,
        return { redis.call('HGETALL', KEYS[1]),
                 redis.call('HGETALL', KEYS[2]) }
LUA
        map { "civic:{ticket:$exam}:$_" } qw(seats people)) };
    my %seats = @$seats;
    my %people = @$people;
    my %by_people = map { (split / /, $people{$_})[0] => $_ }
        grep { $people{$_} =~ / seated / } keys %people;

    is_deeply(\%by_people, \%seats, 'each seat one person, each person one');
    return \%seats;
}

# As if the lease of the dead had run out.
sub forget_holder {
    my ($pid) = @_;
    my $lease = 'civic:{job:ticket.seat:0}';
    my $holder = $redis->command('HGET', $lease, 'holder') // '';

    $redis->command('HSET', $lease, 'until', 1) if $holder =~ m{/$pid/};
    return;
}

# Kills who seats, once a round has come to so many steps.
sub kill_after {
    my ($steps) = @_;

    my $pid = wait_for("$steps steps", 30, sub {
        my $now = order();

        return -1 if ($now->{done} // 0) >= 1;
        return 0 if ($now->{step} // 0) < $steps;
        ($redis->command('HGET', 'civic:{job:ticket.seat:0}', 'holder') // '')
            =~ m{/(\d+)/} ? $1 : 0;
    });

    return 0 if $pid < 0;
    kill 'KILL', $pid;
    sleep 0.05;
    forget_holder($pid);
    return 1;
}

my $asker = fork // die $!;
if ($asker == 0) {
    open STDOUT, '>', "$folder/said";
    POSIX::_exit(($one->nginx->civicctl('exam', 'seat', $exam))[0]);
}

my $kills = 0;
for my $steps (2, 8, 15, 20, 26, 29, 32) {
    $kills += kill_after($steps);
    seats() if $steps > 25;
}
cmp_ok($kills, '>=', 4, "$kills workers died of it");
waitpid $asker, 0;
is($? >> 8, 0, 'who asked is told in the end that all have a seat');
my $killed = seats();
is(scalar(keys %$killed), $people, 'all');
like(order()->{report}, qr/^1 $people 0 0 0 0 0 /, 'and nobody counted twice');

# Without a death, by the same seed.
my $seed = order()->{seed};
$redis->command('DEL', map { "civic:{ticket:$exam}:$_" }
    qw(order seats people waiting));
$redis->command('HSET', $order, 'seed', $seed);
is(($two->nginx->civicctl('exam', 'seat', $exam))[0], 0, 'once more, in peace');
is_deeply(seats(), $killed, 'the same seats');


# ---- kept long enough ----------------------------------------------------------

sub left { return $redis->command('HLEN', "civic:{ticket:$exam}:people") }

# The proofs, each by its id: the subject.  A collector that was killed may
# have written one twice.
sub proofs {
    my %proofs;

    for my $civic (@civics) {
        my ($rc, $says) = $civic->nginx->civicctl('audit', 'show', '--action',
            'ticket.erased', '--json');
        $proofs{$1} = $2 while $says =~ /"id":"([^"]+)".*"subject":"([^"]+)"/g;
    }
    return \%proofs;
}

# Whoever erases is killed when so many are left.
sub kill_eraser {
    my ($people) = @_;
    my $lease = 'civic:{job:ticket.retention:0}';

    my $pid = wait_for("$people people left", 30, sub {
        return -1 if left() == 0;
        return 0 if left() > $people;
        ($redis->command('HGET', $lease, 'holder') // '') =~ m{/(\d+)/}
            ? $1 : 0;
    });

    return 0 if $pid < 0;
    kill 'KILL', $pid;
    sleep 0.05;
    $redis->command('HSET', $lease, 'until', 1);
    return 1;
}

is(($one->nginx->civicctl('clock', 'set', '+400d'))[0], 0, 'a year later');
my $eraser = fork // die $!;
if ($eraser == 0) {
    open STDOUT, '>', "$folder/erased";
    for (1 .. 60) {
        last if !left();
        $one->nginx->civicctl('job', 'run', 'ticket.retention');
        sleep 0.2;
    }
    POSIX::_exit(0);
}
my $deaths = 0;
$deaths += kill_eraser($_) for $people - 1, 1100, 700, 300;
waitpid $eraser, 0;
cmp_ok($deaths, '>=', 2, "$deaths workers died of it");
is(left(), 0, 'nobody has a seat on record any more');
is_deeply([ $redis->keys("civic:{ticket:$exam}:*") ], [$order],
    'nor is there anything else but what rounds there were');
wait_for('the audit trail', 60, sub { keys %{ proofs() } >= $people });
my %proven = map { $_ => 1 } values %{ proofs() };
is(scalar(keys %{ proofs() }), $people, 'there is a proof for each');
is(scalar(keys %proven), $people, 'and for each, one');
finish();
