#!/usr/bin/perl
# What registering for an exam costs a server, as rows for report.pl.  The
# system is that of the tests, with one worker on core 0; Redis and the
# clients have core 1.
#
#     registration.pl exam     submissions, the reviewers' next one, the search
#                              for positions with few and with many, memory
#     registration.pl money    notifications of payments
#     registration.pl audit    an entry in the audit trail, beside a submission
#
# A rate is requests by the worker's processor time, its threads included:
# what a core would do that has nothing else to do, however slow clients are.

use lib 't/lib';
use Civic::Test;
use Civic::Exam;
use Civic::Process;
use Civic::Receiver;
use Civic::Sandbox;

use IO::Socket::INET;
use JSON::PP ();
use Time::HiRes qw(sleep time);

use constant APPLICANTS => $ENV{APPLICANTS} || 200_000;
use constant PLACES     => $ENV{POSITIONS} || 20_000;
use constant PEOPLE     => 40;
use constant EXAMS      => 25;          # that each of them submits to
use constant PAYMENTS   => $ENV{PAYMENTS} || 300;
use constant ROUNDS     => 5;

my ($civic, $client, $redis, $folder, $port);
my $sent = 0;


# ---- measuring ---------------------------------------------------------------

sub row { return print join("\t", @_), "\n" }

sub median {
    my @sorted = sort { $a <=> $b } @_;

    return ($sorted[ $#sorted / 2 ] + $sorted[ @sorted / 2 ]) / 2;
}

# Seconds of processor time that a process has had, all its threads.
sub processor {
    my ($pid) = @_;
    my $sum = 0;

    for my $path (glob "/proc/$pid/task/*/schedstat") {
        open my $file, '<', $path or next;
        $sum += (split / /, <$file>)[0];
    }
    return $sum / 1e9;
}

sub on_core {
    my ($core, @pids) = @_;

    system("taskset -a -p -c $core $_ > /dev/null") == 0 or die 'taskset'
        for @pids;
    return;
}

# The requests over one connection, each after the answer before:
# us of the worker and of Redis, each request; dies unless all are answered
# with one of the statuses.
sub cost {
    my ($what, $statuses, @requests) = @_;
    my ($worker) = $civic->nginx->workers;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die $!;
    my @before = map { processor($_) } $worker, $redis->pid;

    for my $request (@requests) {
        my $got = '';

        syswrite $socket, $request;
        until ($got =~ /\r\n\r\n/) {
            sysread $socket, $got, 65_536, length $got or die "$what: gone";
        }
        my ($status) = $got =~ /^HTTP\S+ (\d+)/;
        my ($length) = $got =~ /^content-length: (\d+)/mi;
        my $end = $+[0] if $got =~ /\r\n\r\n/;
        while (length($got) < $end + ($length // 0)) {
            sysread $socket, $got, 65_536, length $got or die "$what: gone";
        }
        die "$what: $got" if $status !~ $statuses;
    }
    my @after = map { processor($_) } $worker, $redis->pid;

    return map { 1e6 * ($after[$_] - $before[$_]) / @requests } 0, 1;
}

sub request {
    my ($method, $path, %arg) = @_;
    my $body = $arg{body} // ($arg{json}
        ? JSON::PP->new->utf8->encode($arg{json}) : '');
    my $type = $arg{type} // 'application/json';

    $sent++;
    return "$method $path HTTP/1.1\r\nHost: a\r\n"
        . ($arg{token} ? "Authorization: Bearer $arg{token}\r\n" : '')
        . ($arg{token} ? "Idempotency-Key: bench-$$-$sent\r\n" : '')
        . ($method eq 'GET' ? '' : "Content-Type: $type\r\nContent-Length: " . length($body)
            . "\r\n") . "\r\n$body";
}

sub rows_of {
    my ($what, @costs) = @_;
    my ($worker, $store) = map { my $i = $_; median(map { $_->[$i] } @costs) }
        0, 1;

    row($what, '1/s', 1e6 / $worker, qw(- - -));
    row('  CPU of the worker', 'us', $worker, qw(- - -));
    row('  CPU of Redis', 'us', $store, qw(- - -));
    return;
}

sub session {
    my ($name, @staff) = @_;

    return $client->post('/snapper/sessions',
        json => { name => $name, @staff })->{json}{token};
}

sub begin {
    my (%arg) = @_;

    $civic = civic(form => 'single', workers => 1, fixtures => ['snapper'],
        blobs => 'shared', start => 0, %arg);
    $redis = $civic->redis;
    $civic->nginx->start;
    $civic->wait_ready;
    on_core(0, $civic->nginx->workers);
    on_core(1, $$, $redis->pid);
    $client = $civic->client(timeout => 60);
    $port = $civic->nginx->port;
    $folder = $civic->nginx->folder;
    return;
}


# ---- exams and applicants ----------------------------------------------------

sub exam {
    my ($id, $positions) = @_;
    my $file = Civic::Exam::file(exam_id => $id, positions => [ map { {
        code => sprintf('P%05d', $_),
        name => { zh => sprintf '综合管理岗%05d', $_ },
        unit => { zh => sprintf '第%02d档案馆', $_ % 97 },
        places => 1 + $_ % 3, conditions => [ {
            text => { zh => '本科及以上学历' }, field => 'education',
            in => [ 'e3', 'e4', 'e5' ] } ] } } 1 .. $positions ]);
    my ($rc, $said) = $civic->nginx->civicctl('exam', 'load',
        Civic::Exam::write(Civic::Process::folder(), $file));

    die "exam $id: $said" if $rc != 0;
    return $id;
}

sub used { return $redis->command('INFO', 'memory') =~ /used_memory:(\d+)/
    ? $1 : die 'no memory' }

# Applications of the numbers, by bench/applicants.c.
sub applicants {
    my ($exam, $state, $positions, @numbers) = @_;
    my $list = Civic::Process::folder() . '/numbers';

    open my $file, '>', $list or die $!;
    print {$file} "$_\n" for @numbers;
    close $file;
    my $said = `build/bench/applicants @{[ $civic->nginx->keyring ]} $exam $state \\
        $positions < $list | redis-cli -p @{[ $redis->port(0) ]} --pipe 2>&1`;
    die "applicants: $said" if $said !~ /errors: 0/;
    return;
}

# Pages of twenty by a word that all positions have, and single ones by their
# codes: no two alike, for a page is kept for two seconds.
sub searches {
    my ($exam) = @_;
    my $path = "/exam/exams/$exam/positions?limit=20";

    return ([ map { sprintf "$path&q=%%E6%%A1%%A3%%E6%%A1%%88&after=P%05d",
        $_ } 1 .. 180 ], [ map { sprintf "$path&q=P%05d", $_ } 1 .. 200 ]);
}

# Exams in which everybody has a draft.
sub drafts {
    my @exams = map { exam("small-$_", 200) } 1 .. EXAMS;

    applicants($_, 'draft', 200, map { $_->{id_number} } $civic->people)
        for @exams;
    return @exams;
}

# The requests that submit them, a list for each round.
sub submissions {
    my @tokens = map { session($_->{id_number}) } $civic->people;
    my @requests = map { my $exam = $_; map { request('POST',
        "/review/applications/$exam/submit", token => $_, json => {
        version => 1, declaration => JSON::PP::true() }) } @tokens } @_;
    my $share = int(@requests / ROUNDS);

    return map { [ splice @requests, 0, $share ] } 1 .. ROUNDS;
}

sub exam_bench {
    begin(plugins => [ 'login', 'civic', 'exam', 'review' ],
        people => PEOPLE);
    my @exams = drafts();
    my $staff = session('bench-reviewer', staff => JSON::PP::true());
    my @submits = submissions(@exams);

    rows_of('submissions', map { [ cost('submit', qr/200/, @$_) ] } @submits);

    # with few, then with many
    my %costs;
    my $large = exam('large', PLACES);
    my $before = used();
    my $began = time;
    applicants($large, 'approved', PLACES, 'bench-0');
    my $one = used();
    applicants($large, 'approved', PLACES, map { "bench-$_" }
        1 .. APPLICANTS);
    my $bytes = (used() - $one) / APPLICANTS;
    printf STDERR "  %d applicants loaded in %.1f s\n", APPLICANTS,
        time - $began;
    applicants($large, 'submitted', PLACES, map { "waiting-$_" } 1 .. 2000);

    for my $round (1 .. ROUNDS) {
        sleep 2.2;      # a page is kept for two seconds
        for my $exam ($exams[0], $large) {
            my ($found, $code) = searches($exam);

            push @{ $costs{"$exam found"} },
                [ cost('search', qr/200/, map { request('GET', $_) } @$found) ];
            push @{ $costs{"$exam code"} },
                [ cost('search', qr/200/, map { request('GET', $_) } @$code) ];
        }
    }
    # what disturbs only adds to it: the least of each is compared
    my %us = map { my $key = $_;
        $key => (sort { $a <=> $b } map { $_->[0] } @{ $costs{$key} })[0]
    } keys %costs;
    for my $what ([ found => 'a page of 20 by a word' ],
        [ code => 'one position by its code' ])
    {
        my ($key, $name) = @$what;

        rows_of("search: $name, " . PLACES . ' positions',
            @{ $costs{"large $key"} });
        row('  least, against 200 positions', 'us', $us{"large $key"},
            $us{"small-1 $key"}, 'few of both', '<= 1.2');
    }

    # each by a reviewer who holds nothing yet
    my @desks = map { session("desk-$_", staff => JSON::PP::true()) }
        1 .. 300 * ROUNDS;
    rows_of("the reviewer's next one, 2,000 wait", map { [ cost('next',
        qr/200/, map { request('POST', "/review/items/next?exam_id=$large",
            token => $_) } splice @desks, 0, 300) ] } 1 .. ROUNDS);

    row('Redis: an applicant with one application', 'bytes', $bytes,
        qw(- - -));
    return;
}


# ---- the audit trail ---------------------------------------------------------

# An entry is what the smallest write costs more with it, the moving of it
# included; beside it what a submission costs as a whole, its entry in it.
sub audit_bench {
    begin(plugins => [ 'login', 'civic', 'exam', 'review' ],
        fixtures => [ 'snapper', 'writes' ], people => PEOPLE);
    my @submits = submissions(drafts());
    my $token = session('writer');
    my $small = sub {
        my ($entry) = @_;
        my @requests = map { request('POST', "/writes/small?entry=$entry",
            token => $token, json => { text => sprintf '%08d', $_ }) } 1 .. 900;

        return cost('small', qr/204/, @requests);
    };
    my (@with, @without, @submit);

    for my $requests (@submits) {
        push @submit, [ cost('submit', qr/200/, @$requests) ];
        push @without, [ $small->('false') ];
        push @with, [ $small->('true') ];
    }
    my $us = sub { return median(map { $_->[0] + $_->[1] } @_) };
    my $entry = $us->(@with) - $us->(@without);

    rows_of('submissions', @submit);
    row('an entry in the audit trail', 'us', $entry, $us->(@submit),
        'a submission', '<= 0.05');
    return;
}


# ---- money -------------------------------------------------------------------

# Notifications as the sandbox signs them, kept by an app that takes none.
sub money_bench {
    my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
    my $receiver = Civic::Receiver->new(Civic::Process::folder());

    $receiver->answer_with('200 fail');
    begin($sandbox->with_alipay(plugins => [ 'login', 'civic',
        'payment seller_id=2088000000009999 '
            . 'notify_url=http://127.0.0.1/payment/alipay/notifications' ],
        fixtures => [ 'snapper', 'asker' ],
        sandbox => [ 'notify_upstream=app', 'notify_gaps=3600' ],
        upstreams => { app => $receiver->port },
        allow => qr/nobody vouches for/));
    my (%seen, @books);

    for my $n (1 .. PAYMENTS) {
        my $token = session("payer-$n");
        my ($pid) = grep { !$seen{$_}++ } map { /\{p:([^}]+)\}/ }
            $redis->keys('civic:{p:*}:sessions');
        my $order = $client->post('/asker/calls/payment.open', json => {
            pid => $pid, item => 'exam:bench', title => '报名费',
            fen => 12000, until => int(time + 86400) * 1000 })
            ->{json}{out}{order_id};
        my $answer = $client->post("/payment/orders/$order/pay",
            token => $token, headers => { 'Idempotency-Key' => "pay-$n-$$" },
            json => { channel => 'qr' });

        $sandbox->pay($client, $answer->{json}{url}, 'zhang');
        push @books, "civic:{p:$pid}:payment";
    }
    my %body;
    Civic::Process::wait_for('the notifications', 120, sub {
        $client->post('/sandbox/alipay/notifications/run');
        for my $came ($receiver->came) {
            my ($no) = $came->[1] =~ /out_trade_no=(\w+)/ or next;
            $body{$no} //= $came->[1];
        }
        return keys %body == PAYMENTS;
    });

    # what the job has asked for meanwhile is known already
    my %open = map { my %book = @{ $redis->command('HGETALL', $_) };
        map { /^trade:(.*)/ && $book{$_} =~ /^open / ? (s/^trade://r => 1) : ()
        } keys %book } @books;
    my @all = map { request('POST', '/payment/alipay/notifications',
        body => $body{$_}, type => 'application/x-www-form-urlencoded') }
        grep { $open{$_} } keys %body;
    my $share = int(@all / ROUNDS);
    my @first = map { [ @all[ $_ * $share .. ($_ + 1) * $share - 1 ] ] }
        0 .. ROUNDS - 1;
    printf STDERR "  %d notifications are the first of their trades\n",
        $share * ROUNDS;
    rows_of('notifications, each the first of its trade',
        map { [ cost('notify', qr/200/, @$_) ] } @first);
    rows_of('notifications that are repeated',
        map { [ cost('notify', qr/200/, @$_) ] } @first);
    my $unpaid = 0;
    for my $book (@books) {
        my %book = @{ $redis->command('HGETALL', $book) };
        my ($left) = grep { $open{s/^trade://r} && $book{$_} =~ /^open / }
            grep { /^trade:/ } keys %book;

        $unpaid++ if $left;
    }
    $unpaid < ROUNDS or die "$unpaid trades are still open";

    row("Redis: an order that is paid, with its trade and receipt", 'bytes',
        median(map { $redis->command('MEMORY', 'USAGE', $_, 'SAMPLES', 0) }
            @books[ 0 .. 50 ]), qw(- - -));
    return;
}

my %benches = (exam => \&exam_bench, money => \&money_bench,
    audit => \&audit_bench);

($benches{ $ARGV[0] // '' } or die "registration.pl exam|money|audit\n")->();
$civic->nginx->stop;
$civic->redis->stop;
exit 0;
