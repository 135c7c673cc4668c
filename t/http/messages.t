# The inbox on two nginx and one store, and pushes to a message service that
# is well, refuses, fails, is slow and is not there.

use lib 't/lib';
use Civic::Test;
use Civic::Outbound qw(internal);
use Civic::Process;

use Fcntl qw(:flock);
use JSON::PP ();
use Time::HiRes qw(sleep time);

my $dir = Civic::Process::folder();
my $service = service();
my @with = (plugins => [ 'login', 'staff',
    'civic push_upstream=service push_path=/v1/messages' ],
    fixtures => ['neighbour'], workers => 2);
my $one = civic(@with, http => internal({ service => $service->{port} }),
    people => 2);
my $redis = $one->redis;
my $two = civic(@with, http => internal({ service => $service->{port} }),
    redis => $redis, start => 0);
system('cp', $one->nginx->keyring, $two->nginx->keyring);
$two->nginx->start;
$two->wait_ready;

my ($client, $other) = ($one->client, $two->client);
my @person = $one->people;
my $token = $client->login($person[0]{id_number}, $person[0]{password});

# Takes messages as the file "answer" says: a status, or "slow".
sub service {
    my $port = Civic::Process::port();
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "listen: $!";
    my $pid = Civic::Process::background('service', sub {
        $SIG{CHLD} = 'IGNORE';
        $SIG{TERM} = sub { POSIX::_exit(0) };
        while (1) {
            my $socket = $listener->accept or next;
            next if fork;
            serve_one($socket);
            POSIX::_exit(0);
        }
    });

    close $listener;
    return { port => $port, pid => $pid };
}

sub serve_one {
    my ($socket) = @_;
    my ($head, $body) = ('', '');

    while ($head !~ /\r\n\r\n/) {
        sysread $socket, $head, 65536, length $head or return;
    }
    ($head, $body) = split /\r\n\r\n/, $head, 2;
    my ($length) = $head =~ /^content-length: (\d+)/mi;
    while (length $body < $length) {
        sysread $socket, $body, 65536, length $body or return;
    }
    my $answer = slurp('answer') || '200';
    open my $file, '>>', "$dir/came" or return;
    flock $file, LOCK_EX;
    my ($key) = $head =~ /^idempotency-key: (\S+)/mi;
    syswrite $file, "$answer $key $body\n";
    close $file;
    sleep 7 if $answer eq 'slow';
    syswrite $socket, "HTTP/1.1 $answer X\r\nContent-Length: 0\r\n"
        . "Connection: close\r\n\r\n";
    close $socket;
    return;
}

sub slurp {
    my ($name) = @_;

    open my $file, '<', "$dir/$name" or return '';
    local $/;
    return scalar(<$file>) // '';
}

sub service_answers {
    my ($what) = @_;

    open my $file, '>', "$dir/answer.new" or die $!;
    print {$file} $what;
    close $file;
    rename "$dir/answer.new", "$dir/answer" or die $!;
    return;
}

# What came, as [ answer, key, object ], of those that are told apart by kind.
sub came {
    my ($kind) = @_;
    my @all = map { [ split / /, $_, 3 ] } split /\n/, slurp('came');

    $_->[2] = JSON::PP->new->utf8->decode($_->[2]) for @all;
    return grep { $_->[2]{kind} eq $kind } @all;
}

sub sends {
    my ($kind, $once, %more) = @_;
    my $to = delete $more{client} || $client;
    my $answer = $to->post('/neighbour/messages',
        token => delete $more{token} || $token,
        json => { kind => $kind, once => "$once", title_zh => "标题$once",
            title_en => "Title $once", text_zh => '正文', %more });

    is($answer->{status}, 204, "$kind $once is sent")
        or diag($answer->{content});
    return;
}

sub inbox {
    my ($from, $query, %arg) = @_;

    return $from->get('/civic/messages' . ($query // ''), token => $token,
        %arg)->{json};
}

sub titles { return [ map { $_->{title} } @{ $_[0]{messages} } ] }

sub mark {
    my ($from, $path, @json) = @_;

    return $from->put("/civic/messages/$path", token => $token, @json);
}

# Runs the job now, however long it would wait after failures; 1 if all went
# well.
sub push_now {
    my ($status) = $one->nginx->civicctl('job', 'run', 'civic.pushes');

    return $status == 0;
}

sub counter {
    my ($name) = @_;
    my $sum = 0;

    for my $civic ($one, $two) {
        $sum += $1 if $civic->client->get('/civic/metrics')->{content}
            =~ /^civic_civic_${name}_total(?:\{[^}]*\})? (\d+)$/m;
    }
    return $sum;
}


# ---- the inbox ----

is_problem($client->get('/civic/messages'), 401, 'unauthorized',
    'whose inbox?');
is_deeply(inbox($client), { unread_count => 0, messages => [],
    next => undef }, 'an empty one');

sends('review.approved', 1);
sends('review.approved', 2, client => $other);
sends('review.approved', 1, client => $other);
my $inbox = inbox($other);
is_deeply(titles($inbox), [ '标题2', '标题1' ],
    'the newest first, and none twice');
is($inbox->{unread_count}, 2, 'both are unread');
like($inbox->{messages}[0]{sent_at}, qr/^20\d\d-.*\+08:00$/, 'when');
is_deeply(titles(inbox($client, '', headers => {
    'Accept-Language' => 'en' })), [ 'Title 2', 'Title 1' ], 'in English');
is_deeply(titles(inbox($client, '?limit=1')), ['标题2'], 'a page');
is_deeply(titles(inbox($client,
    "?limit=1&before=$inbox->{messages}[0]{message_id}")), ['标题1'],
    'and the next');

my $second = $client->login($person[1]{id_number}, $person[1]{password});
is_deeply($client->get('/civic/messages', token => $second)->{json}{messages},
    [], 'nobody sees those of somebody else');
is_problem($client->put('/civic/messages/'
    . "$inbox->{messages}[0]{message_id}/read", token => $second), 404,
    'not_found', 'nor marks them');


# ---- two devices ----

my ($newest, $oldest) = map { $_->{message_id} } @{ $inbox->{messages} };
sends('review.approved', 3);
is(mark($client, "$oldest/read")->{status}, 204, 'one is read here');
is(mark($other, 'read', json => { newest => $newest })->{status}, 204,
    'and there all that were shown');
$inbox = inbox($client);
is_deeply([ map { $_->{read} ? 1 : 0 } @{ $inbox->{messages} } ],
    [ 0, 1, 1 ], 'the one that came meanwhile is unread');
is($inbox->{unread_count}, 1, 'and counted');
is_deeply(titles(inbox($client, '?unread=true')), ['标题3'], 'and found');
is_problem(mark($client, ('A' x 22) . '/read'), 404, 'not_found',
    'none that is not there');


# ---- staff have one too ----

$one->nginx->civicctl('staff', 'add', '--name', 'desk', '--roles', 'reviewer',
    '--password-stdin', '--totp-secret', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    \'Review-Desk-2026');
my $code = $one->nginx->civicctl('staff', 'code', '--secret',
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ') =~ s/\s//gr;
my $desk = $client->post('/staff/sessions', json => { name => 'desk',
    password => 'Review-Desk-2026', totp => $code })->{json}{token};
sends('notice', 'desk', token => $desk);
my $theirs = $client->get('/civic/messages', token => $desk)->{json};
is_deeply(titles($theirs), ['标题desk'], 'staff have an inbox');
is($client->put('/civic/messages/read', token => $desk,
    json => { newest => $theirs->{messages}[0]{message_id} })->{status}, 204,
    'and read it');


# ---- pushes ----

Civic::Process::wait_for('the first pushes', 40, sub {
    push_now();
    came('review.approved') == 3 && came('notice') == 1;
});
my @came = came('review.approved');
is_deeply([ sort map { $_->[1] } @came ],
    [ sort map { $_->{message_id} } @{ $inbox->{messages} } ],
    'each once, with its own key');
is_deeply([ sort keys %{ $came[0][2] } ],
    [qw(kind message_id pid sent_at text title)], 'and what it says');
is($came[0][2]{text}, '正文', 'in Chinese');
is(counter('pushes'), 4, 'and counted');

service_answers('410');
sends('refused', 1);
Civic::Process::wait_for('a refusal', 40, sub { push_now();
    came('refused') });
Civic::Process::wait_for('its counter', 5,
    sub { counter('pushes_refused') == 1 });
ok($one->nginx->log_has(qr/answered 410 to message .* dropped/, 1)
    || $two->nginx->log_has(qr/answered 410 to message .* dropped/, 1),
    'a refusal is in the log');

service_answers('503');
sends('later', 1);
Civic::Process::wait_for('a failure', 40, sub { push_now();
    came('later') });
service_answers('200');
Civic::Process::wait_for('the same again', 40, sub { push_now();
    grep { $_->[0] eq '200' } came('later') });
my %keys = map { ($_->[1] => 1) } came('later');
is(scalar keys %keys, 1, 'a repeat has the same key');
is(scalar came('refused'), 1, 'what was refused does not come again');

# silent for longer than a push may last: unknown, and asked again
service_answers('slow');
sends('slow', 1);
my $began = time;
is(inbox($client)->{unread_count}, 4, 'the inbox does not wait for it');
ok(time - $began < 5, 'not at all');
Civic::Process::wait_for('a silence', 40, sub { push_now(); came('slow') });
service_answers('200');
Civic::Process::wait_for('an answer', 40, sub { push_now();
    grep { $_->[0] eq '200' } came('slow') });
%keys = map { ($_->[1] => 1) } came('slow');
is(scalar keys %keys, 1, 'under the same key');

# nobody there
Civic::Process::stop($service->{pid});
sends('dead', 1);
ok(Civic::Process::wait_for('the outbox', 20, sub {
    push_now();
    grep { eval { $redis->command('XLEN', $_) } }
        $redis->keys('civic:outbox:civic.pushes:*');
}), 'it waits');
is(counter('pushes_given_up'), 0, 'and is not given up');

finish();
