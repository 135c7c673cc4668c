# The power goes while citizens write: Redis is killed and each of its files
# cut to what its last fsync had seen (fixtures/powerloss.c).  With the
# durability of the shipped redis.conf everything that was answered 2xx is
# there afterwards.  With "everysec" it is not, so this test can fail.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use File::Basename qw(basename);
use Time::HiRes qw(sleep);

my $root = Civic::Process::ROOT;
my $synced = Civic::Process::folder() . '/synced';


# ---- the shipped settings ----

sub shipped {
    open my $file, '<', "$root/conf/redis.conf" or die "redis.conf: $!";
    return map { /^([a-z-]+)\s+(\S+)$/ ? ($1 => $2) : () } <$file>;
}

my %shipped = shipped();
is($shipped{appendonly}, 'yes', 'redis.conf writes a file');
is($shipped{appendfsync}, 'always', 'and syncs each write');
is($shipped{'no-appendfsync-on-rewrite'}, 'no', 'while it is rewritten, too');

my $store = Civic::Redis->start(form => 'single',
    set => { map { $_ => $shipped{$_} } grep { /append|aof/ } keys %shipped },
    env => { CIVIC_SYNCED => $synced,
        LD_PRELOAD => Civic::Nginx::build() . '/t/fault/fixtures/powerloss.so' });
my $civic = civic(redis => $store, people => 3, start => 0,
    plugins => [ 'login', 'hello' ], fixtures => [ 'fault', 'once' ]);
my $nginx = $civic->nginx;
my $acks = $nginx->folder;

system('sed', '-i', 's/most = 1000/most = 1000000/',
    $nginx->rules . '/hello.lua');
$nginx->start;
$civic->wait_ready;


# ---- the power cut ----

# { inode => bytes } that are on the disk for certain.
sub safe_sizes {
    open my $file, '<:raw', $synced or die "$synced: $!";
    local $/;
    return unpack 'Q*', scalar <$file>;
}

# Kills Redis and leaves what the disk has: how many bytes went.
sub cut_power {
    my $lost = 0;

    $store->stop(0, 'KILL');
    my %safe = safe_sizes();
    for my $path (glob $store->dir . '/appendonlydir/*') {
        my ($inode, $size) = (stat $path)[ 1, 7 ];
        my $rest = $safe{$inode} // 0;

        next if $rest >= $size;
        truncate $path, $rest or die "$path: $!";
        note(basename($path) . ": $size bytes, $rest are left");
        $lost += $size - $rest;
    }
    return $lost;
}


# ---- citizens who write ----

# A process that writes until it is refused.  Each write() gets its number,
# and gives what to remember of what was answered 2xx, or nothing.
my (@writers, @files);
sub writer {
    my ($name, $write) = @_;
    my $path = "$acks/$name";

    push @writers, Civic::Process::background($name, sub {
        my $client = $civic->client(unseen => 1, timeout => 5);
        my $n = 0;

        open my $file, '>', $path or die "$path: $!";
        while (1) {
            my $said = eval { $write->($client, ++$n) } or last;
            syswrite $file, "$said\n";
            sleep 0.002;    # passwords are hashed on what is left over
        }
    });
    push @files, $path;
    return;
}

# Until each was told at least so many times that it is done.
sub everybody_wrote {
    my ($times) = @_;

    wait_for('each writer to be heard', 20, sub {
        sleep 0.05;
        return !grep { (() = acked(basename($_))) < $times } @files;
    });
    return;
}

sub acked {
    my ($name) = @_;

    open my $file, '<', "$acks/$name" or return;
    chomp(my @lines = <$file>);
    return @lines;
}

sub done { return $_[0]{status} =~ /^2/ ? $_[1] : undef }

my $round = 0;
my @token = map { $civic->client->login(@$_{qw(id_number password)}) }
    $civic->people;
my $orders = $civic->client->post('/once/session',
    json => { name => 'orders' })->{json}{token};
my $password = $civic->person(2)->{password};

sub write_all {
    $round++;
    @writers = @files = ();
    for my $i (1, 2) {
        writer("pairs-$i", sub {
            my ($client, $n) = @_;
            my $name = "power-$round-$i-$n";

            return done($client->post('/fault/pair',
                json => { name => $name, value => 'v' }), $name);
        });
    }
    writer('visits', sub {
        return done($_[0]->post('/hello/visits'), 'visit');
    });
    writer('orders', sub {
        my ($client, $n) = @_;
        my $answer = order($client, "power-$round-$n");

        return done($answer,
            join ' ', "power-$round-$n", $answer->{json}{number} // ());
    });
    writer('logins', sub {
        return $_[0]->login(@{ $civic->person(0) }{qw(id_number password)});
    });
    writer('passwords', sub {
        my ($client, $n) = @_;
        my $old = $n == 1 ? $password : "Power-Horse-$round-@{[ $n - 1 ]}";

        return done($client->put('/login/password', token => $token[2],
            json => { old_password => $old,
                new_password => "Power-Horse-$round-$n" }), $n);
    });
    return;
}

sub order {
    my ($client, $key) = @_;

    return $client->post('/once/orders', token => $orders,
        headers => { 'Idempotency-Key' => $key }, json => { item => 'a' });
}

sub writers_end {
    wait_for('writers to end', 15, sub {
        !grep { Civic::Process::alive($_) } @writers });
    return;
}

# Those of the pairs that were promised and are not there.
sub lost_pairs {
    return grep {
        !defined $store->command('GET', "civic:fault:{$_}:a")
            || !defined $store->command('GET', "civic:fault:{$_}:b")
    } map { acked("pairs-$_") } 1, 2;
}

sub visits { return $civic->client->get('/hello/visits')->{json}{today} }

sub power_comes_back {
    $store->run(0);
    ok($civic->wait_ready(10), "round $round: Redis takes its files");
    return;
}


# ---- always: nothing is lost ----

# The second time while the file is being rewritten.
for my $rewrites (0, 1) {
    my $before = visits();

    write_all();
    everybody_wrote(2);
    sleep 0.5;
    if ($rewrites) {
        $store->command('BGREWRITEAOF');
        wait_for('the rewrite', 10, sub {
            my @base = glob $store->dir . '/appendonlydir/*.base.*';

            return @base && $base[0] !~ /\.1\.base/;
        });
        sleep 0.2;
    }
    my $gone = cut_power();
    writers_end();
    power_comes_back();

    my @pairs = map { acked("pairs-$_") } 1, 2;
    cmp_ok(scalar @pairs, '>', 50, @pairs . " pairs, $gone bytes cut");
    is(join(' ', lost_pairs()), '', 'every pair is there');

    my @visits = acked('visits');
    cmp_ok(scalar @visits, '>', 20, @visits . ' visits');
    cmp_ok(visits(), '>=', $before + @visits, 'every visit is there');

    my $client = $civic->client;
    my @orders = acked('orders');
    cmp_ok(scalar @orders, '>', 20, @orders . ' orders');
    is(join(' ', grep {
        my ($key, $number) = split / /;
        my $answer = order($client, $key);

        ($answer->{headers}{'idempotent-replay'} // '') ne 'true'
            || $answer->{json}{number} != $number
    } @orders), '', 'every order is known by its key');

    # a person keeps so many sessions; the newest are there
    my @logins = acked('logins');
    cmp_ok(scalar @logins, '>', 1, @logins . ' logins');
    my @newest = @logins[ ($#logins > 9 ? -10 : -@logins) .. -1 ];
    is(scalar(grep { $client->get('/login/session', token => $_)->{status}
        != 200 } @newest), 0, 'the last sessions hold');

    # the last that was confirmed, or the one that was being set
    my @set = acked('passwords');
    cmp_ok(scalar @set, '>', 1, @set . ' passwords');
    my ($works) = grep { $client->try_login($civic->person(2)->{id_number},
        $_)->{status} == 200 } map { "Power-Horse-$round-$_" }
        $set[-1], $set[-1] + 1;
    ok($works, 'the password that was set is the password');
    $password = $works;
}


# ---- everysec: it would be noticed ----

$store->stop(0);
$store->{set}{appendfsync} = 'everysec';
$store->run(0);
$civic->wait_ready(10);
my @lost;
for (1 .. 6) {
    write_all();
    sleep 1.3;
    cut_power();
    writers_end();
    power_comes_back();
    @lost = lost_pairs();
    last if @lost;
}
cmp_ok(scalar @lost, '>', 0, 'with everysec ' . @lost
    . ' confirmed writes are missing');

finish();
