# Clients that send a byte now and then, and clients that leave: before the
# handler, during a read, during a script (the write is completed), during
# hashing.  Nothing of them stays.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

use constant CROWD => 500;

my ($h2, $h2s) = map { Civic::Process::port() } 1 .. 2;
my $pem = Civic::Process::folder() . '/server.pem';

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    . " -keyout $pem -out $pem.crt > $pem.log 2>&1 && cat $pem.crt >> $pem")
    == 0 or die "openssl failed, see $pem.log";

my $listen = <<"CONF";
listen 127.0.0.1:$h2 http2;
listen 127.0.0.1:$h2s ssl http2;
ssl_certificate $pem;
ssl_certificate_key $pem;
CONF
my $civic = civic(form => 'single', plugins => ['hello'],
    fixtures => ['fault'], server => $listen, http => <<'CONF');
civic_redis_timeout 10s;
civic_fibers 1024;
civic_hash_threads 2 queue=1000;
CONF
my $nginx = $civic->nginx;
my $store = $civic->redis;
my ($worker) = $nginx->workers;

# The client sends, and leaves while the worker waits.
sub leave_during {
    my ($name, @requests) = @_;
    my @sent = send_all($civic, @requests);

    wait_for("$name: fibers", 10,
        sub { gauge($civic, 'civic_fibers') >= @requests });
    close $_->{socket} for @sent;
    return;
}

sub crowd_of_leavers {
    my ($round) = @_;
    my $aborted = gauge($civic, 'civic_aborted_total');
    my @names = map { "round$round-$_" } 1 .. CROWD;

    # before the handler: sent and gone
    for (1 .. CROWD) {
        my ($one) = send_all($civic, [ 'GET', '/fault/trips/x' ]);
        close $one->{socket};
    }
    settled($civic, "round $round, before the handler");

    # during a read
    $store->pause(0);
    leave_during('a read', map { [ 'GET', '/fault/trips/x' ] } 1 .. CROWD);
    ok(eval { wait_for('unwinding', 5,
        sub { gauge($civic, 'civic_fibers') == 0 }) },
        "round $round, during a read: unwound though Redis is silent");
    $store->resume(0);
    settled($civic, "round $round, during a read");

    # during a script: two of them, the second after the client has left
    $store->pause(0);
    leave_during('a script', map { [ 'POST', '/fault/twice',
        { name => $_, value => 'v' } ] } @names);
    sleep 0.2;
    $store->resume(0);
    settled($civic, "round $round, during a script");
    my @undone = grep {
        my $name = $_;
        4 != grep { defined $store->command('GET', $_) }
            map { ("civic:fault:{$name$_}:a", "civic:fault:{$name$_}:b") }
            '', '-then';
    } @names;
    is("@undone[0 .. ($#undone > 3 ? 3 : $#undone)]", '',
        "round $round, during a script: every write is completed");

    # during hashing: nothing was promised yet, so nothing is written
    my @sent = send_all($civic, map { [ 'POST', '/fault/hash',
        { name => "hash-$_", value => 'v', ms => 10 } ] } @names);
    close $_->{socket} for @sent;
    settled($civic, "round $round, during hashing", 15);
    my $written = grep { defined $store->command('GET',
        "civic:fault:{hash-$_}:a") } @names;
    cmp_ok($written, '<', CROWD, "round $round, during hashing: $written of "
        . CROWD . ' were done before it was seen');
    cmp_ok(gauge($civic, 'civic_aborted_total') - $aborted, '>=', CROWD,
        "round $round: they were seen to leave");
    return;
}

crowd_of_leavers(1);
my ($rss, $fds) = (rss($worker), fds($worker));
crowd_of_leavers(2);
cmp_ok(fds($worker), '<=', $fds + 4, 'no file is left open');
SKIP: {
    skip 'the sanitizer keeps what was freed', 1 if Civic::Nginx::asan();
    cmp_ok(rss($worker), '<', $rss * 1.15 + 4096, 'no memory is left')
        or diag("$rss KB, then " . rss($worker));
}
serves($civic, 'after them');


# ---- the same over HTTP/2, in clear and under TLS: streams that are reset

for my $url ("http://127.0.0.1:$h2", "https://127.0.0.1:$h2s") {
    my $gone = gauge($civic, 'civic_aborted_total');
    my $log = $nginx->folder . '/h2load.log';

    $store->pause(0);
    my $pid = Civic::Process::start(name => 'h2load', log => $log,
        command => [ 'h2load', '-n', 200, '-c', 4, '-m', 50,
            "$url/fault/trips/x" ]);
    ok(eval { wait_for('streams', 8,
        sub { gauge($civic, 'civic_fibers') == 200 }) },
        "$url: 200 streams wait");
    Civic::Process::stop($pid, 'KILL');
    ok(eval { wait_for('unwinding', 5,
        sub { gauge($civic, 'civic_fibers') == 0 }) },
        "$url: all of them are unwound");
    is(gauge($civic, 'civic_aborted_total') - $gone, 200,
        "$url: and counted");
    $store->resume(0);
    settled($civic, $url);
}
serves($civic, 'after streams that were reset');


# ---- a byte now and then

$nginx->write_conf(server =>
    "client_header_timeout 2s;\nclient_body_timeout 2s;\n$listen");
$nginx->reload;
($worker) = $nginx->workers;
serves($civic, 'before the slow ones');

my $get = request_bytes('GET', '/fault/read/x');
my $post = request_bytes('POST', '/fault/pair',
    { name => 'slow', value => 'x' x 200 });
my ($head, $body) = $post =~ /\A(.*?\r\n\r\n)(.*)\z/s;

# Steps of all of them at once; each sends a byte at each step.
sub drip {
    my ($steps, $pause, @dripping) = @_;

    local $SIG{PIPE} = 'IGNORE';
    for my $step (0 .. $steps - 1) {
        for my $one (@dripping) {
            next if $step >= length $one->{rest};
            syswrite $one->{socket}, substr $one->{rest}, $step, 1;
        }
        sleep $pause;
    }
    return;
}

# 100 that never come to the end of their head, 100 of their body.
my @heads = map { { %$_, rest => $get } } send_all($civic, ('') x 100);
my @bodies = map { { %$_, rest => $body } } send_all($civic, ($head) x 100);
my $before = rss($worker);
drip(5, 1, @heads, @bodies);
is(gauge($civic, 'civic_fibers'), 0, 'slow senders hold no fiber');
serves($civic, 'beside slow senders');
cmp_ok(rss($worker), '<', $before + 20 * 1024, 'and little memory');
my @answers = answers(20, @heads);
is(scalar(grep { $_->{status} =~ /^2/ } @answers), 0,
    'a head that does not end is given up');
ok(!(grep { $_->{seconds} > 20 } @answers), 'in time');
close $_->{socket} for @bodies;

# A body that stops for longer than its time.
my @stopped = send_all($civic, ($head . substr $body, 0, 10) x 20);
@answers = answers(20, @stopped);
is(scalar(grep { $_->{status} == 0 || $_->{status} == 408 } @answers), 20,
    'a body that stops is given up');
ok(eval { wait_for('408', 5, sub { access_log() =~ / 408 / }) },
    'the access log says 408');

# Slow, but within its time: served.
my @patient = map { { %$_, rest => substr $body, 0 } }
    send_all($civic, ($head) x 10);
drip(length $body, 0.01, @patient);
@answers = answers(20, @patient);
is(join(' ', map { $_->{status} } @answers), join(' ', (201) x 10),
    'a slow body that ends is served');

settled($civic, 'after it all');
finish();

sub access_log {
    open my $file, '<', $nginx->folder . '/access.log' or return '';
    local $/;
    return <$file> // '';
}
