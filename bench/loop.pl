#!/usr/bin/perl
# For how much processor time strangers' pictures hold a worker's event loop:
# rows for report.pl.  The system is that of the tests, with one worker and a
# media engine, and t/fault/fixtures/loop_turns.c preloaded.
#
#     loop.pl photos ROUNDS       does it all
#     loop.pl turns WHAT FOLDER... rows of what stands in the folders, one of
#                                 each round, for another bench

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use constant MOST   => 20_000;          # us, as in loop_turns.c
use constant PEOPLE => 50;
use constant LARGE  => 5_000_000;
use constant GOAL   => '<= 1000';       # us: CONTRIBUTING.md, rule 7

my $rounds = $ARGV[1] // 3;
my ($client, $port, @tokens);
my $key = 0;


# ---- turns -------------------------------------------------------------------

# Of all workers: [ turns of n us ... ] of all, and of those with one event.
sub turns {
    my ($folder) = @_;
    my @sums = ([ (0) x (MOST + 1) ], [ (0) x (MOST + 1) ]);

    for my $path (grep { /\d$/ } glob "$folder/*") {
        open my $file, '<:raw', $path or die "$path: $!";
        local $/;
        my @counts = unpack 'L*', <$file>;

        for my $n (0 .. MOST) {
            $sums[0][$n] += $counts[$n];
            $sums[1][$n] += $counts[MOST + 1 + $n];
        }
    }
    return @sums;
}

sub at_share {
    my ($counts, $share) = @_;
    my ($sum, $all) = (0, 0);

    $all += $_ for @$counts;
    for my $us (0 .. MOST) {
        $sum += $counts->[$us];
        return $us if $sum > 0 && $sum >= $share * $all;
    }
    return 0;
}

sub row { return print join("\t", @_), "\n" }

sub since {
    my ($before, $after) = @_;

    return [ map {
        my $i = $_;
        [ map { $after->[$i][$_] - $before->[$i][$_] } 0 .. MOST ];
    } 0, 1 ];
}

sub rows_of {
    my ($what, $turns) = @_;
    my ($all, $one) = @$turns;
    my $count = 0;

    $count += $_ for @$all;
    row("$what: turns", 'count', $count, qw(- - -));
    row("$what: p50", 'us', at_share($all, 0.5), qw(- - -));
    row("$what: p99", 'us', at_share($all, 0.99), qw(- - -));
    row("$what: longest of one event", 'us', at_share($one, 1), qw(- - -));
    return row("$what: longest", 'us', at_share($all, 1), '-', '-', GOAL);
}

# What the code does it does in every round; what the machine below takes away
# for a while it takes from one: that round counts whose longest is least.
sub least { return (sort { at_share($a->[0], 1) <=> at_share($b->[0], 1) } @_)[0] }

if (($ARGV[0] // '') eq 'turns') {
    my (undef, $what, @folders) = @ARGV;

    rows_of($what, least(map { [ turns($_) ] } @folders));
    exit 0;
}


# ---- clients -----------------------------------------------------------------

sub request {
    my ($path, $token, $bytes, $length) = @_;

    return "POST /photo-check/$path HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\nAuthorization: Bearer $token\r\n"
        . 'Idempotency-Key: loop-' . $key++ . "\r\n"
        . "Content-Type: image/jpeg\r\nContent-Length: "
        . ($length // length $bytes) . "\r\n\r\n$bytes";
}

# All at once, each on a connection of its own: the answers' statuses.
sub all_at_once {
    my @requests = @_;
    my $readers = IO::Select->new;
    my %of;

    for my $bytes (@requests) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $port, Blocking => 0) or die $!;

        $of{$socket} = { socket => $socket, bytes => \$bytes, at => 0,
            got => '' };
        $readers->add($socket);
    }
    my $until = time + 120;
    my @statuses;
    while ($readers->count && time < $until) {
        my $writers = IO::Select->new(map { $_->{socket} }
            grep { $_->{at} < length ${ $_->{bytes} } } values %of);
        my ($read, $write) = IO::Select->select($readers, $writers, undef, 1);

        for my $socket (@{ $write || [] }) {
            my $one = $of{$socket};
            my $n = syswrite $socket, ${ $one->{bytes} }, 262_144, $one->{at};

            $one->{at} = defined $n || $!{EAGAIN} ? $one->{at} + ($n // 0)
                : length ${ $one->{bytes} };
        }
        for my $socket (@{ $read || [] }) {
            my $n = sysread $socket, $of{$socket}{got}, 65_536,
                length $of{$socket}{got};

            next if $n || (!defined $n && $!{EAGAIN});
            push @statuses, $of{$socket}{got} =~ /^HTTP\S+ (\d+)/ ? $1 : 0;
            $readers->remove($socket);
        }
    }
    return @statuses;
}

sub one_by_one { return map { all_at_once($_) } @_ }

# Says half of it and goes.
sub stop_midway {
    my ($token, $bytes) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die $!;
    my $text = request('photos', $token, substr($bytes, 0, LARGE / 2), LARGE);

    print {$socket} $text;
    return close $socket;
}

sub said {
    my ($what, @statuses) = @_;
    my %count;

    $count{$_}++ for @statuses;
    return print STDERR "  $what: ", join(', ', map { "$count{$_} x $_" }
        sort keys %count), "\n";
}


# ---- photos ------------------------------------------------------------------

my $folder = Civic::Process::folder();
my $turns = "$folder/turns";
mkdir $turns;
chmod 0777, $turns;

my $media = Civic::Media->start(workers => 2,
    faces => Civic::Media::has_models());
my $civic = civic(form => 'single', plugins => [ 'login', 'civic',
    'photo_check' ], blobs => 'shared', workers => 1, people => PEOPLE,
    server => "client_max_body_size 8m;\n", start => 0,
    preload => Civic::Nginx::build() . '/t/fault/fixtures/loop_turns.so',
    env => { CIVIC_TURNS => $turns },
    http => internal({ media => $media->location }));

$civic->nginx->start;
$civic->wait_ready;
$client = $civic->client;
$port = $civic->nginx->port;
@tokens = map { $client->login($_->{id_number}, $_->{password}) }
    $civic->people;

sub measure {
    my ($what, $code) = @_;
    my @rounds;

    for (1 .. $rounds) {
        my @before = turns($turns);

        said($what, $code->());
        sleep 0.5;
        push @rounds, since(\@before, [ turns($turns) ]);
    }
    return rows_of($what, least(@rounds));
}

my $good = photo('good.jpg');
my $large = $good . 'x' x (LARGE - length $good);
my @hostile = map { photo($_) } map { m{([^/]+)$} }
    glob Civic::Nginx::build() . '/photos/hostile_*.jpg';

measure('nothing but /civic/live', sub {
    return map { $client->get('/civic/live')->{status} } 1 .. 5000;
});
measure('a photo of 150 KB', sub { one_by_one(map {
    request('preview', $tokens[$_], photo('good_smallest.jpg')) } 0 .. 39) });
measure('5 MB, one at a time', sub { one_by_one(map {
    request('photos', $tokens[$_], $large) } 0 .. 19) });
measure('5 MB, 30 at once', sub { all_at_once(map {
    request('photos', $tokens[$_], $large) } 0 .. 29) });
measure('5 MB, 50 at once', sub { all_at_once(map {
    request('photos', $tokens[$_], $large) } 0 .. PEOPLE - 1) });
measure('hostile headers', sub { all_at_once(map { my $i = $_;
    map { request('preview', $tokens[($i * 7 + $_) % PEOPLE], $hostile[$_]) }
        0 .. $#hostile } 0 .. 4) });
measure('larger than anybody takes', sub { all_at_once(map {
    request('photos', $tokens[$_], 'x' x 6_000_000) } 0 .. 19) });
measure('5 MB that stop midway', sub {
    stop_midway($tokens[$_], $large) for 0 .. 29;
    return (0) x 30;
});

$media->stop;
$civic->nginx->stop;
$civic->redis->stop;
exit 0;
