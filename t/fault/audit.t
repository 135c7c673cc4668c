# The audit trail on bad days: bytes changed, files taken away, a disk that is
# full or not ours, entries that are taken twice, workers that die or stand
# still in the middle.  Nothing is lost, and nothing is changed in silence.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use File::Copy qw(copy);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Time::HiRes qw(sleep time);

my $disk = Civic::Process::folder();
my $owner = $$;
my $mounted = $> == 0
    && !system "mount -t tmpfs -o size=256k,mode=0755 tmpfs $disk 2>/dev/null";

sub unmount {
    system "umount -l $disk" if $mounted && $$ == $owner;
    $mounted = 0;
    return;
}

END { my $status = $?; unmount(); $? = $status }

my $log = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1')
    or die "udp: $!";
my $folder = "$disk/audit";
my $civic = civic(form => 'single', plugins => ['civic'],
    fixtures => ['collector'], workers => 2,
    audit => "$folder syslog:server=127.0.0.1:" . $log->sockport
        . ',tag=trail segment=8k',
    allow => qr/exited on signal 9/);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $redis = $civic->redis;
my $entered = 0;

sub wait_for { return Civic::Process::wait_for(@_) }

# Entries 1, 2, 3 ...
sub enter {
    my ($count) = @_;

    for (1 .. $count) {
        $entered++;
        my $answer = $client->post('/collector/entries',
            json => { text => "$entered" });
        is($answer->{status}, 204, "entry $entered")
            if $answer->{status} != 204;
    }
    return;
}

# How often each entry is in the files.
sub kept {
    my %kept;
    my (undef, $text) = $nginx->civicctl('audit', 'show', '--json');

    $kept{ decode_json($_)->{details}{text} }++
        for grep { /^\{/ } split /\n/, $text;
    return \%kept;
}

sub waiting {
    my $sum = 0;

    $sum += $redis->command('XLEN', $_) for $redis->keys('civic:outbox:audit:*');
    return $sum;
}

# What failed waits longer and longer: a test does not.
sub due {
    for my $key ($redis->keys('civic:{job:civic.audit:*')) {
        $redis->command('HSET', $key, 'next_at', 0, 'failures', 0);
    }
    return;
}

sub all_kept {
    my ($name) = @_;
    my $there = eval {
        wait_for('all entries', 40, sub { due(); sleep 0.3; !waiting() });
    };
    my $kept = kept();

    ok($there, "$name: nothing waits");
    is(join(' ', grep { !$kept->{$_} } 1 .. $entered), '',
        "$name: nothing is lost");
    return;
}

sub verify {
    my ($name, $expected, $words) = @_;
    my ($status, $said) = $nginx->civicctl('audit', 'verify');

    is($status, $expected, "$name: " . ($expected ? 'found' : 'whole'))
        or diag($said);
    like($said, $words, "$name: named") if $words;
    return $said;
}

sub alarm_is {
    my ($wanted, $words) = @_;
    my $alarm;

    ok(eval { wait_for('the alarm', 20, sub {
        my $status = $client->get('/civic/status')->{json};
        ($alarm) = grep { $_->{code} eq 'audit_trail' } @{ $status->{alarms} };
        due();
        return !$alarm == !$wanted;
    }) }, $wanted ? 'an alarm' : 'the alarm is over');
    like($alarm->{detail}, $words, 'which says why') if $words;
    return;
}

sub slurp {
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}

sub spill {
    my ($path, $text) = @_;

    open my $file, '>:raw', $path or die "$path: $!";
    print {$file} $text;
    close $file;
    return;
}


# ---- what is done to files ----

enter(180);
all_kept('at the start');
enter(1);
all_kept('and again');
verify('untouched', 0);

my $line = '';
$log->blocking(0);
eval { wait_for('syslog', 5, sub { recv $log, $line, 2000, 0; $line }) };
like($line, qr/trail: audit trail: folder \w{8}, writer \w{8}, segment \d+, seq \d+, mac \S{48}$/,
    'syslog hears how far the chains are');

# the longest chain, while nobody writes
kill 'STOP', $nginx->workers;
my %segments;
push @{ $segments{ (split m{/}, $_)[-2] } }, $_ for glob "$folder/*/*.audit";
my ($writer) = sort { @{ $segments{$b} } <=> @{ $segments{$a} } }
    keys %segments;
my @files = sort @{ $segments{$writer} };
cmp_ok(scalar @files, '>=', 3, 'segments end when they are full')
    or BAIL_OUT('too few segments');

my $good = slurp($files[1]);
my @lines = split /^/, $good;

my $bad = $good;
my $middle = int(length($good) / 2);
substr($bad, $middle, 1) = substr($good, $middle, 1) eq 'A' ? 'B' : 'A';
spill($files[1], $bad);
verify('a byte', 1, qr{^$writer/000002\.audit:\d+: }m);
spill($files[1], join '', @lines[ 0, 2 .. $#lines ]);
verify('a line taken out', 1, qr{^$writer/000002\.audit:2: lines are missing}m);
spill($files[1], join '', @lines[ 0, 2, 1, 3 .. $#lines ]);
verify('two lines swapped', 1, qr{^$writer/000002\.audit:2: lines are missing}m);
spill($files[1], join '', @lines[ 0 .. $#lines - 1 ]);
verify('an end cut off', 1, qr{^$writer/000002\.audit.* its end is missing}m);
unlink $files[1];
verify('a segment in the middle', 1, qr{^$writer/000003\.audit: before it a file is missing: 000002}m);
spill($files[1], $good);

for my $case ([ 0, 'the first segment', qr{^$writer/000002\.audit: files before it are missing}m ],
    [ -1, 'the last segment', qr{^$writer/\d+\.audit: lines are missing at the end}m ])
{
    my ($n, $name, $words) = @$case;

    rename $files[$n], "$disk/away";
    verify($name, 1, $words);
    rename "$disk/away", $files[$n];
}
rename "$folder/$writer", "$folder/.away";
verify('a writer', 1, qr{^$writer: all files of this writer are missing}m);
rename "$folder/.away", "$folder/$writer";

my $last = slurp($files[-1]);
spill($files[-1], $last . '4711 entry c29tZXRoaW5n');
verify('a line that is being written', 0, qr/^note: .*torn/m);
spill($files[-1], $last);
verify('put back', 0);
kill 'CONT', $nginx->workers;


# ---- taken twice ----

# redis refuses to take entries out: as if the worker had died in between
sleep 0.5;
due();
$redis->command('ACL', 'SETUSER', 'civic', '-xdel');
enter(5);
ok(eval { wait_for('twice', 20, sub {
    due();
    sleep 0.3;
    my $kept = kept();
    return !grep { ($kept->{$_} // 0) < 1 } 1 .. $entered;
}) }, 'they are kept');
is(waiting(), 5, 'but wait still');
$redis->command('ACL', 'SETUSER', 'civic', '+xdel');
all_kept('taken again');
like(verify('twice', 0), qr/[1-9]\d* of them twice/, 'twice is legal, and told');


# ---- a disk that is full, a folder that is not ours ----

SKIP: {
    skip 'no small disk can be mounted', 1 if !$mounted;

    open my $ballast, '>', "$disk/ballast" or die $!;
    1 while syswrite $ballast, 'x' x 4096;
    close $ballast;
    enter(80);
    alarm_is(1, qr/No space left/);
    cmp_ok(waiting(), '>', 0, 'entries wait');
    ok($nginx->log_has(qr/cannot be written, entries wait in redis/),
        'and the log says so');
    verify('a full disk', 0);
    unlink "$disk/ballast";
    all_kept('room again');
    alarm_is(0);
    verify('room again', 0);
}

SKIP: {
    skip 'only root has two users', 1 if $> != 0 || $nginx->asan;

    # workers that come find no way in
    $nginx->stop;
    my ($uid) = (stat $folder)[4];
    $nginx->start;
    $civic->wait_ready;
    chown 0, 0, $folder;
    enter(5);
    alarm_is(1, qr/Permission denied/);
    is(waiting(), 5, 'entries wait');
    chown $uid, -1, $folder;
    all_kept('ours again');
    alarm_is(0);
    verify('ours again', 0);
}


# ---- workers that die, and that stand still beyond their lease ----

my @frozen;
for my $n (1 .. 12) {
    enter(6);
    my @workers = grep { my $pid = $_; !grep { $_ == $pid } @frozen }
        $nginx->workers;

    if ($n % 3 == 0) {
        kill 'CONT', splice @frozen;

    } elsif ($n % 3 == 1) {
        kill 'KILL', $workers[0];
        $client = $civic->client;
        wait_for('a worker', 10, sub { $nginx->workers == 2 });

    } elsif (@workers > 1) {
        push @frozen, $workers[0];
        kill 'STOP', $workers[0];
        $client = $civic->client;

        # its leases are over, as they would be after half a minute
        for my $key ($redis->keys('civic:{job:civic.audit:*')) {
            $redis->command('HSET', $key, 'until', 1)
                if $redis->command('HGET', $key, 'holder');
        }
    }
    sleep 0.15;
}
kill 'CONT', @frozen;
$client = $civic->client;
$civic->wait_ready;
all_kept('after all that');
verify('after all that', 0);

$nginx->stop;
unmount();
finish();
