# Reloads lose nothing: ten of them under load with logins in flight, one
# while requests wait for Redis, one while a password is hashed, one with
# HTTP/2 streams open, one whose client has left after a write began.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use HTTP::Tiny;
use Time::HiRes qw(sleep time);

my $h2 = Civic::Process::port();
my $civic = civic(form => 'single', people => 4, workers => 2,
    plugins => ['login', 'hello'], fixtures => ['fault'],
    http => "civic_redis_timeout 6s;\ncivic_hash_threads 1 queue=64;",
    server => "listen 127.0.0.1:$h2 http2;\nkeepalive_timeout 60s;");
my $nginx = $civic->nginx;
my $store = $civic->redis;
my $results = Civic::Process::folder();
my $stop = "$results/stop";

serves($civic, 'at first');

# ---- ten reloads under load

# Readers keep their connections.  One that the server closes while it is
# idle may swallow a request that is just being sent: no server can help it,
# so a read is asked once more, and that is counted apart.
sub reader {
    my ($name) = @_;
    my %seen = map { $_ => 0 } qw(good lost again);
    my $http = HTTP::Tiny->new(timeout => 10, keep_alive => 1);

    until (-e $stop) {
        my $answer;

        for my $try (0, 1) {
            $answer = $http->get($nginx->url . '/fault/trips/x');
            last if $answer->{status} != 599;
            $seen{again}++ if !$try;
        }
        if ($answer->{status} == 200) {
            $seen{good}++;
        } else {
            $seen{lost}++;
            print STDERR "# $name: $answer->{status} $answer->{content}\n";
        }
        sleep 0.003;    # passwords are hashed when nobody else wants to run
    }
    report($name, \%seen);
    return;
}

# Logins and writes come over connections of their own: none may be lost.
sub writer {
    my ($name, $person) = @_;
    my %seen = map { $_ => 0 } qw(good lost again);
    my $client = Civic::Client->new(url => $nginx->url, unseen => 1,
        headers => { Connection => 'close' });
    my $n = 0;

    until (-e $stop) {
        my $answer = eval { $client->try_login($person->{id_number},
            $person->{password}) };
        my $well = $answer && $answer->{status} == 200;
        my $word = "reload-$name-" . ++$n;
        my $write = eval { $client->post('/fault/twice',
            json => { name => $word, value => $word }) };

        $well &&= $write && $write->{status} == 201;
        $seen{ $well ? 'good' : 'lost' }++;
        print STDERR "# $name: ", $@ || $answer->{content}, "\n" if !$well;
        sleep 0.02;
    }
    report($name, \%seen);
    return;
}

sub report {
    my ($name, $seen) = @_;

    open my $file, '>', "$results/$name" or die $!;
    print {$file} join ' ', %$seen;
    close $file;
    return;
}

my @pids = map { my $n = $_; Civic::Process::background("reader $n",
    sub { reader("reader-$n") }) } 1 .. 3;
push @pids, map { my $n = $_; Civic::Process::background("writer $n",
    sub { writer("writer-$n", $civic->person($n)) }) } 0 .. 1;

for my $round (1 .. 10) {
    $nginx->reload(seconds => 25);
    sleep 0.15;
}
pass('ten reloads: every old worker left');
open my $flag, '>', $stop or die $!;
close $flag;
wait_for('the load to end', 20,
    sub { !grep { Civic::Process::alive($_) } @pids });

my %total = map { $_ => 0 } qw(good lost again);
for my $path (glob "$results/*er-*") {
    open my $file, '<', $path or die $!;
    my %seen = split ' ', <$file>;
    $total{$_} += $seen{$_} for keys %seen;
    cmp_ok($seen{good}, '>', 10, "$path: was busy");
}
is($total{lost}, 0, "nothing lost of $total{good}")
    or diag(grep { /deadline|lost|in time/ } map { "$_\n" }
        split /\n/, $nginx->log_text);
cmp_ok($total{again}, '<=', 60, "$total{again} asked once more");


# ---- with fibers that are suspended

# Sends the requests while Redis is silent, reloads, lets Redis go on.
sub reload_while_waiting {
    my ($name, $then, @requests) = @_;
    my @old = $nginx->workers;

    $store->pause(0);
    my @sent = send_all($civic, @requests);
    sleep 0.2;
    $nginx->reload(gently => 1);
    $then->() if $then;
    $store->resume(0);
    my @answers = answers(10, @sent);
    wait_for("$name: the old workers", 15, sub {
        my %now = map { $_ => 1 } $nginx->workers;
        return !grep { $now{$_} } @old;
    });
    return @answers;
}

my $token = $civic->client->login($civic->person->{id_number},
    $civic->person->{password});
my @answers = reload_while_waiting('waiting', undef,
    (map { [ 'GET', '/fault/trips/x' ] } 1 .. 30),
    (map { [ 'POST', '/fault/twice', { name => "wait-$_", value => 'v' } ] }
        1 .. 30),
    (map { [ 'GET', '/login/profile', undef, $token ] } 1 .. 30));
is(join(' ', map { $_->{status} } @answers),
    join(' ', (200) x 30, (201) x 30, (200) x 30),
    'requests that waited for Redis over a reload');

# The same over HTTP/2.
my $out = "$results/h2load";
my $h2load;
{
    my @old = $nginx->workers;
    $store->pause(0);
    $h2load = Civic::Process::start(name => 'h2load', log => $out,
        command => [ 'h2load', '-n', 60, '-c', 3, '-m', 20,
            "http://127.0.0.1:$h2/fault/trips/x" ]);
    wait_for('streams', 5, sub { $store->pid(0) && fibers_now() });
    $nginx->reload(gently => 1);
    $store->resume(0);
    wait_for('h2load', 15, sub { !Civic::Process::alive($h2load) });
    wait_for('the old workers', 15, sub {
        my %now = map { $_ => 1 } $nginx->workers;
        return !grep { $now{$_} } @old;
    });
}
open my $h2file, '<', $out or die $!;
my $said = do { local $/; <$h2file> };
like($said, qr/status codes: 60 2xx, 0 3xx, 0 4xx, 0 5xx/,
    'HTTP/2 streams that waited for Redis over a reload') or diag($said);

# Work on a hash thread, and a real password behind it.
my @sent = send_all($civic, [ 'POST', '/fault/hash',
    { name => 'hashed', value => 'v', ms => 900 } ],
    login_request($civic->person(1)), login_request($civic->person(2)));
sleep 0.2;
$nginx->reload(gently => 1);
@answers = answers(15, @sent);
is(join(' ', map { $_->{status} } @answers), '201 200 200',
    'passwords that were hashed over a reload')
    or diag(map { $_->{content} } @answers);

# The client has left, nginx's request is over, and the writes still are
# done by the worker that was told to quit.
my @names = map { "left-$_" } 1 .. 30;
my @old = $nginx->workers;
$store->pause(0);
@sent = send_all($civic, map { [ 'POST', '/fault/twice',
    { name => $_, value => 'v' } ] } @names);
sleep 0.2;
close $_->{socket} for @sent;
sleep 0.1;
$nginx->signal('HUP');
sleep 0.4;
$store->resume(0);
ok(eval { wait_for('the writes', 8, sub {
    !grep { !defined $store->command('GET', "civic:fault:{$_-then}:b") }
        @names }) }, 'what the clients left behind is written');
ok(eval { wait_for('the old workers', 15, sub {
    my %now = map { $_ => 1 } $nginx->workers;
    return !grep { $now{$_} } @old }) }, 'and then the old workers leave');

# A Redis that never answers keeps no worker longer than the deadline.
@old = $nginx->workers;
$store->pause(0);
@sent = send_all($civic, map { [ 'GET', '/fault/trips/x' ] } 1 .. 10);
sleep 0.2;
$nginx->signal('HUP');
my $began = time;
@answers = answers(12, @sent);
is(scalar(grep { ($_->{json}{code} // '') eq 'store_unavailable' } @answers),
    10, 'a silent Redis over a reload: told');
ok(eval { wait_for('the old workers', 12, sub {
    my %now = map { $_ => 1 } $nginx->workers;
    return !grep { $now{$_} } @old }) }, 'and the old workers leave');
$store->resume(0);
ok(eval { wait_for('health', 5, sub {
    (ask_all($civic, [ 'GET', '/fault/read/x' ]))[0]{status} == 200 }) },
    'healthy afterwards');

settled($civic, 'after it all');
finish();

sub fibers_now { return gauge($civic, 'civic_fibers') >= 60 }

sub login_request {
    my ($person) = @_;
    my ($captcha, $solved) = $civic->client->captcha;

    return [ 'POST', '/login/password', { id_number => $person->{id_number},
        password => $person->{password}, captcha_id => $captcha,
        captcha_answer => $solved } ];
}
