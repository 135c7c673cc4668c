package Civic::Fault;

# What a file of t/fault has beyond Civic::Test: many requests at once with
# the time that each took, the gauges of the metrics page, what a process
# holds, and a wire to Redis that can be damaged.
#
#     use lib 't/lib';
#     use Civic::Test;
#     use Civic::Fault;

use strict;
use warnings;

use Carp qw(croak);
use Errno qw(EAGAIN EWOULDBLOCK);
use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Civic::Client;
use Civic::Process;

our @EXPORT = qw(request_bytes send_all answers ask_all every_route
    all_named all_told healthy_soon whole_pairs gauge settled rss fds wait_for
    serves wire NAMED_WITHIN);

# s.  A command is given up after one (civic_redis_timeout), a connection is
# tried again after two at most; the rest is for a machine that is busy.
use constant NAMED_WITHIN   => 6;
use constant HEALTHY_WITHIN => 10;

# The problems by which a bad day of Redis is told.
my %named = map { $_ => 1 } qw(store_unavailable outcome_unknown overloaded);

my $json = JSON::PP->new->utf8->canonical;

sub wait_for { return Civic::Process::wait_for(@_) }

# The bytes of a request that ends its connection: [ method, path, fields,
# token ].
sub request_bytes {
    my ($method, $path, $fields, $token) = @_;
    my $body = defined $fields ? $json->encode($fields) : '';
    my $head = "$method $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\n";

    $head .= "Authorization: Bearer $token\r\n" if defined $token;
    $head .= "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n" if defined $fields;
    return "$head\r\n$body";
}

# Sends each request over a connection of its own, at once: what answers()
# takes.
sub send_all {
    my ($civic, @requests) = @_;
    my @sent;

    local $SIG{PIPE} = 'IGNORE';
    for my $request (@requests) {
        my $bytes = ref $request ? request_bytes(@$request) : $request;
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $civic->nginx->port, Timeout => 15)
            or croak "connect: $!";

        syswrite $socket, $bytes;
        $socket->blocking(0);
        push @sent, { socket => $socket, at => time, request => $request,
            bytes => '' };
    }
    return @sent;
}

# Reads them all to their end, for so many seconds at most: for each
# { status, headers, json, content, seconds }; status 0 is no answer.
sub answers {
    my ($seconds, @sent) = @_;
    my $until = time + $seconds;
    my %open = map { fileno($_->{socket}) => $_ } @sent;
    my $select = IO::Select->new(map { $_->{socket} } @sent);

    while (%open && (my $left = $until - time) > 0) {
        for my $socket ($select->can_read($left)) {
            my $one = $open{ fileno $socket };
            my $n = sysread $socket, $one->{bytes}, 65536,
                length $one->{bytes};

            next if !defined $n && ($! == EAGAIN || $! == EWOULDBLOCK);
            next if $n;
            $one->{seconds} = time - $one->{at};
            $select->remove($socket);
            delete $open{ fileno $socket };
        }
    }
    return map { _answer($_) } @sent;
}

sub _answer {
    my ($one) = @_;
    my $answer = Civic::Client::parsed($one->{bytes});

    close $one->{socket};
    $answer->{seconds} = $one->{seconds} // time - $one->{at};
    $answer->{request} = ref $one->{request}
        ? "@{ $one->{request} }[0, 1]" : 'bytes';
    return $answer;
}

sub ask_all {
    my ($civic, @requests) = @_;

    return answers(30, send_all($civic, @requests));
}


# ---- every route, when the store is ill --------------------------------------

my $round = 0;
my @pairs;

# One request for each route that needs the store (a captcha does not), of a
# citizen who is logged in with the token.  The names that are written are kept for
# whole_pairs().
sub every_route {
    my ($civic, $token) = @_;
    my $person = $civic->person;
    my ($captcha, $solved) = $civic->client->captcha;
    my @names = map { "bad-$$-" . ++$round } 1 .. 4;

    push @pairs, @names;
    return (
        [ 'GET', '/fault/read/x' ],
        [ 'GET', '/fault/trips/x' ],
        [ 'GET', '/fault/mine', undef, $token ],
        [ 'POST', '/fault/pair', { name => $names[0], value => 'v' } ],
        [ 'POST', '/fault/bulk', { name => $names[1], value => 'v' } ],
        [ 'POST', '/fault/durable', { name => $names[2], value => 'v' } ],
        [ 'POST', '/fault/money', { name => $names[3], value => 'v' } ],
        [ 'POST', '/fault/session', { name => 'somebody' } ],
        [ 'POST', '/login/password', {
            id_number => $person->{id_number},
            password => $person->{password},
            captcha_id => $captcha, captcha_answer => $solved } ],
        [ 'PUT', '/login/password', {
            old_password => $person->{password},
            new_password => 'Another-Horse-7-Battery' }, $token ],
        [ 'GET', '/login/session', undef, $token ],
        [ 'GET', '/login/profile', undef, $token ],
        [ 'DELETE', '/login/session?scope=others', undef, $token ],
        [ 'GET', '/hello/visits' ],
        [ 'POST', '/hello/visits' ],
    );
}

# Each is a problem of those names, given in time.
sub all_named {
    my ($name, @answers) = @_;

    return subtest($name => sub {
        for my $answer (@answers) {
            my $what = $answer->{request};
            my $code = ref $answer->{json} eq 'HASH'
                ? $answer->{json}{code} // '' : '';

            ok($named{$code} && $answer->{status} == 503,
                "$what: $answer->{status} $code")
                or diag($what, ': ', substr $answer->{content} // '', 0, 300);
            cmp_ok($answer->{seconds}, '<', NAMED_WITHIN, "$what: in time");
        }
    });
}

# Each is done, or told by such a problem, in time.
sub all_told {
    my ($name, @answers) = @_;
    my @refused = grep { $_->{status} !~ /^2/ } @answers;

    ok(!(grep { $_->{seconds} >= NAMED_WITHIN } @answers),
        "$name: in time");
    return @refused ? all_named("$name, what was refused", @refused)
        : pass("$name: nothing was refused");
}

# Reads and writes go again, in time.
sub healthy_soon {
    my ($civic, $name) = @_;
    my $began = time;
    my $word = "well-$$-" . ++$round;
    my $last = '';
    my $well = eval {
        wait_for('health', 10, sub {
            my @answers = ask_all($civic,
                [ 'POST', '/fault/pair', { name => $word, value => 'w' } ],
                [ 'POST', '/fault/bulk', { name => "$word-b",
                    value => 'w' } ],
                [ 'POST', '/fault/durable', { name => "$word-d",
                    value => 'w' } ],
                [ 'GET', "/fault/read/$word" ], [ 'GET', '/civic/ready' ]);

            $last = join ' ', map { $_->{status} } @answers;
            sleep 0.05;
            return $last eq '201 201 201 200 200';
        });
    };

    push @pairs, $word, "$word-b", "$word-d";
    ok($well, "$name: healthy again") or diag("last answers: $last");
    cmp_ok(time - $began, '<', HEALTHY_WITHIN, "$name: soon enough");
    return;
}

# Nothing half-written: of each pair both keys or none.
sub whole_pairs {
    my ($civic, $name) = @_;
    my (@half, $whole);

    for my $pair (@pairs) {
        my ($one, $two) = map {
            $civic->redis->command('GET', "civic:fault:{$pair}:$_")
        } qw(a b);

        $whole++ if defined $one;
        push @half, $pair if defined $one != defined $two
            || (defined $one && $one ne $two);
    }
    is("@half", '', "$name: nothing half-written");
    cmp_ok($whole, '>', 0, "$name: what was confirmed is there");
    return;
}


# ---- what is seen from outside -------------------------------------------------

# The sum of a gauge or counter over the workers.
sub gauge {
    my ($civic, $name) = @_;
    my ($answer) = ask_all($civic, [ 'GET', '/civic/metrics' ]);
    my $sum = 0;

    croak "metrics: $answer->{status}" if $answer->{status} != 200;
    $sum += $_ for $answer->{content} =~ /^\Q$name\E(?:\{[^}]*\})? (\d+)/mg;
    return $sum;
}

# No fiber, no command and no work waits any more.
sub settled {
    my ($civic, $name, $seconds) = @_;
    my %left;
    my $settled = eval {
        wait_for('an idle worker', $seconds || 8, sub {
            %left = map { $_ => gauge($civic, $_) } qw(civic_fibers
                civic_redis_pending civic_hash_pending civic_work_pending
                civic_disk_pending);
            sleep 0.1;
            return !grep { $_ } values %left;
        });
    };

    return ok($settled, "$name: nothing is left behind")
        || diag(explain(\%left));
}

# KB in memory; 0 if it is gone.
sub rss {
    my ($pid) = @_;

    open my $file, '<', "/proc/$pid/status" or return 0;
    my ($line) = grep { /^VmRSS:/ } <$file>;
    return $line =~ /(\d+)/ ? $1 : 0;
}

sub fds {
    my ($pid) = @_;

    opendir my $dir, "/proc/$pid/fd" or return 0;
    return scalar grep { /^\d/ } readdir $dir;
}

# The service as a citizen sees it: a write, a read, a page of nginx's own.
sub serves {
    my ($civic, $name) = @_;
    my $word = "serves-$$-" . ++$round;
    my @answers = map { ask_all($civic, $_) } (
        [ 'POST', '/fault/pair', { name => $word, value => $word } ],
        [ 'GET', "/fault/read/$word" ], [ 'GET', '/civic/live' ]);

    is(join(' ', map { $_->{status} } @answers), '201 200 200',
        "$name: serves");
    return is($answers[1]{json}{value}, $word, "$name: what was written");
}


# ---- a wire that can be damaged --------------------------------------------------

# wire($redis): the store behind a proxy.  damage() tells what happens to
# Redis' answers from now on: "pass", "silent", "half" (and silence after
# it), "half-close", "close" (after each answer), "bytes" (one at a time), or
# "say <bytes>" (that instead of each answer).  TCP loses nothing in the
# middle: a connection that fell silent stays so.
sub wire {
    my ($redis) = @_;
    my $self = bless {%$redis}, 'Civic::Fault::Wire';
    my $listener;

    $self->{wire_port} = Civic::Process::port();
    $self->{damage} = "$self->{folder}/damage";
    $self->damage('pass');
    $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{wire_port}, Listen => 64, ReuseAddr => 1)
        or croak "listen: $!";
    Civic::Process::background('wire', sub {
        $SIG{PIPE} = 'IGNORE';
        Civic::Fault::Wire::run($listener, $redis->port, $self->{damage});
    });
    close $listener;
    return $self;
}

package Civic::Fault::Wire;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep);

use Civic::Redis;

our @ISA = ('Civic::Redis');

sub addresses { return "127.0.0.1:$_[0]{wire_port}" }

sub damage {
    my ($self, $what) = @_;

    open my $file, '>', "$self->{damage}.new" or die "damage: $!";
    binmode $file;
    print {$file} $what;
    close $file;
    rename "$self->{damage}.new", $self->{damage} or die "damage: $!";
    return;
}

sub _damage {
    my ($path) = @_;

    open my $file, '<', $path or return 'pass';
    binmode $file;
    local $/;
    return <$file> // 'pass';
}

# The proxy's loop; ends with the test.
sub run {
    my ($listener, $port, $path) = @_;
    my $select = IO::Select->new($listener);
    my (%peer, %from_redis, %mute);

    while (1) {
        for my $socket ($select->can_read(1)) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                my $redis = IO::Socket::INET->new(PeerPort => $port,
                    PeerAddr => '127.0.0.1') or do { close $client; next };

                $_->blocking(1) for $client, $redis;
                $peer{$client} = $redis;
                $peer{$redis} = $client;
                $from_redis{$redis} = 1;
                $select->add($client, $redis);
                next;
            }
            next if !$peer{$socket};
            my $other = $peer{$socket};
            my $n = sysread $socket, my $bytes, 65536;
            next if $n && $mute{$socket};
            my $goes_on = $n && ($from_redis{$socket}
                ? _give($other, $bytes, _damage($path), \$mute{$socket})
                : defined syswrite $other, $bytes);
            next if $goes_on;
            $select->remove($socket, $other);
            delete @peer{ $socket, $other };
            delete @from_redis{ $socket, $other };
            delete @mute{ $socket, $other };
            close $_ for $socket, $other;
        }
    }
    return;
}

# Whether the connection goes on.
sub _give {
    my ($client, $bytes, $damage, $mute) = @_;

    $$mute = $damage =~ /^(?:silent|half)\z/;
    if ($damage eq 'silent') {
        return 1;
    }
    if ($damage =~ /^half/) {
        syswrite $client, substr $bytes, 0, length($bytes) / 2;
        return $damage eq 'half';
    }
    if ($damage eq 'close') {
        syswrite $client, $bytes;
        return $bytes =~ /PONG/;
    }
    if ($damage eq 'bytes') {
        for my $byte (split //, $bytes) {
            defined syswrite $client, $byte or return 0;
            sleep 0.0005;
        }
        return 1;
    }
    if ($damage =~ s/^say //) {
        return defined syswrite $client, $damage;
    }
    return defined syswrite $client, $bytes;
}

1;
