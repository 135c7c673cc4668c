# Registration on its worst day: fifty people, each at two nginx at once, send
# in the same application, amend it, pay it, withdraw it; two reviewers with
# two windows each decide the same items; one nginx reloads, the other loses a
# worker; notifications come eight times, late, forged or not at all; a
# deadline ends in the moment in which people pay, another one while people
# submit; and then Redis loses its power right after its answers.
#
# Afterwards everything is counted twice: by the persons' own records, which
# are the truth, and by whatever else says so: answers, orders, receipts, the
# sandbox' books, the index, the queue and the audit trail.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::Exam;
use Civic::PowerLoss;
use Civic::Process;
use Civic::Sandbox;

use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use constant { PEOPLE => 50, FEE => 12000, EXAM => 'rush-2026',
    CLOSE => 'close-2026', POWER => 'power-2026' };

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $store = Civic::Redis->start(form => 'single',
    set => { appendonly => 'yes', appendfsync => 'always' },
    env => Civic::PowerLoss::env());
my @ports = map { Civic::Process::port() } 0, 1;
my @civic = map {
    civic($sandbox->with_alipay(
        port => $ports[$_], workers => 2, start => 0, redis => $store,
        blobs => 'shared', people => $_ == 0 ? PEOPLE : 0,
        fixtures => ['snapper'],
        plugins => [ 'login', 'civic', 'exam', 'review',
            'payment seller_id=2088000000009999 '
            . "notify_url=http://127.0.0.1:$ports[0]/payment/alipay/notifications" ],
        sandbox => [ 'notify_upstream=app', 'notify_gaps=300,300,300,300' ],
        upstreams => { app => $ports[1 - $_], alipay_bill => $ports[$_] },
        allow => qr/nobody vouches for|exited on signal 9|exited with code/));
} 0, 1;
my ($one, $two) = @civic;

system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;
for my $civic (@civic) {
    system 'sed', '-i', '-e', 's/^rules.grace = 180/rules.grace = 0/',
        '-e', 's/^rules.last_moment = 60/rules.last_moment = 0/',
        '-e', 's/grace = 180, tolerance = 180 }/grace = 0, tolerance = 180 }/',
        $civic->nginx->rules . '/payment.lua';
    system 'perl', '-0pi', '-e',
        's/    -- 截止前一分钟内.*?payment_over" } },\n//s',
        $civic->nginx->rules . '/payment.lua';
    $civic->nginx->start;
}
$_->wait_ready for @civic;
my $client = $one->client(timeout => 20);
my $acks = "$folder/acks";
mkdir $acks;


# ---- people and exams --------------------------------------------------------

my %seen;
sub session {
    my ($name, @staff) = @_;
    my $token = $client->post('/snapper/sessions',
        json => { name => $name, @staff })->{json}{token};
    my ($pid) = grep { !$seen{$_}++ } map { /^civic:\{p:([^}]+)\}/ }
        $store->keys('civic:{p:*}:sessions');

    return { token => $token, pid => $pid };
}

my @citizen = map { session($_->{id_number}) } $one->people;
my %staff = map { $_ => session($_, staff => JSON::PP::true()) }
    qw(ann bob);
is(scalar(grep { length($_->{pid} // '') == 22 } @citizen, values %staff),
    PEOPLE + 2, PEOPLE . ' citizens and two reviewers');

sub exam {
    my ($id, $registration) = @_;
    my $file = Civic::Exam::file(exam_id => $id,
        fee => { fen => FEE, title => { zh => '报名费' } },
        positions => Civic::Exam::positions(3));

    # P00003 asks for a degree, which a reviewer does not find
    $file->{windows}{registration} = Civic::Exam::window(-3600, $registration);
    my ($rc, $said) = $one->nginx->civicctl('exam', 'load',
        Civic::Exam::write($folder, $file));
    is($rc, 0, "the exam $id") or diag($said);
    return;
}

my @form = map { { field => $_->[0], value => $_->[1] } } [ gender => 'f' ],
    [ education => 'e3' ], [ school => '青海大学' ], [ degree => '学士' ],
    [ graduated => '2012-06-30' ], [ years => '9' ],
    [ phone => '13897460001' ], [ disabled => 'no' ];

sub move {
    my ($exam, $what, $until) = @_;
    my ($rc, $said) = $one->nginx->civicctl('exam', 'move', $exam, $what,
        Civic::Exam::instant($until - int time), '--reason', '系统维护');

    is($rc, 0, "$exam: $what moves") or diag($said);
    return;
}


# ---- what a person does ------------------------------------------------------

# In a process of its own: a client, and where to note what was answered.
my ($me, $notes);
my ($made, $fragile) = (0, 0);

sub begin {
    my ($name, $which) = @_;

    $me = $civic[$which]->client(unseen => 1, timeout => 8);
    open $notes, '>>', "$acks/$name.$$" or die "$name: $!";
    return;
}

# Of a connection that a dead worker took along nothing is known.  While the
# power goes the first failure is the end.
sub ask {
    my ($method, $path, %arg) = @_;
    my $answer = eval { $me->request($method, $path, %arg) }
        || { status => 599 };

    POSIX::_exit(0) if $answer->{status} >= 500 && $fragile;
    return $answer;
}

sub note_ack {
    syswrite $notes, join(' ', @_) . "\n";
    return;
}

sub application {
    my ($n, $exam, $method, $what, $json) = @_;

    return ask($method, "/review/applications/$exam$what",
        token => $citizen[$n]{token},
        headers => { 'Idempotency-Key' => "k$$-" . $made++ },
        $json ? (json => $json) : ());
}

# Saves, submits, withdraws; what was acknowledged is noted.
sub step {
    my ($n, $exam, $method, $what, %json) = @_;
    my $answer = application($n, $exam, $method, $what, \%json);

    if ($answer->{status} == 200) {
        note_ack($exam, $what || '/save', $citizen[$n]{pid},
            $answer->{json}{version}, $answer->{json}{state});
    }
    return $answer;
}

sub save {
    my ($n, $exam, $version, $position) = @_;

    return step($n, $exam, 'PATCH', '', version => $version,
        position => $position, answers => \@form);
}

sub submit {
    my ($n, $exam, $version) = @_;

    return step($n, $exam, 'POST', '/submit', version => $version,
        declaration => JSON::PP::true());
}

# A number for the cashier, or nothing.
sub trade {
    my ($n, $order, $channel) = @_;
    my $answer = ask('POST', "/payment/orders/$order/pay",
        token => $citizen[$n]{token},
        headers => { 'Idempotency-Key' => "k$$-" . $made++ },
        json => { channel => $channel, $channel eq 'mini_program'
            ? (auth_code => $sandbox->auth_code($me, 'zhang')) : () });

    return $answer->{status} != 201 ? undef
        : $answer->{json}{url} // $answer->{json}{trade_no};
}

# What a person was told is paid is noted.
sub check {
    my ($n, $order) = @_;
    my $answer = ask('POST', "/payment/orders/$order/check",
        token => $citizen[$n]{token});

    note_ack('-', '/known', $citizen[$n]{pid}, $order)
        if ($answer->{json}{state} // '') eq 'paid';
    return;
}

sub cash {
    my ($n, $url) = @_;
    my $paid = eval { $sandbox->pay($me, $url, 'zhang') } || {};

    return ($paid->{result_code} // 0) =~ /^(?:9000|4000)$/;
}

# Who does what: the first pay, some pay in the deadline's moment, some never;
# some withdraw.
sub role {
    my ($n) = @_;

    return $n < 28 ? 'pays' : $n < 36 ? 'late' : $n < 40 ? 'never'
        : 'withdraws';
}

# Walks one application on until there is nothing left to do, or nobody left
# who reviews.
sub citizen {
    my ($n, $which, $exam, $end) = @_;

    begin("citizen-$n", $which);
    while (time < $end && !-e "$acks/enough-$exam") {
        my $is = application($n, $exam, 'GET', '')->{json} || {};
        my $order = $is->{order} || {};
        my $state = $is->{state} // '';

        return if $state =~ /^(?:removed|withdrawn)$/
            || ($order->{state} // '') eq 'paid'
            || ($state eq 'approved' && role($n) =~ /late|never/);
        if ($state =~ /^(?:none|draft)$/) {
            if ($is->{version} == 0) {
                $is = save($n, $exam, 0, sprintf 'P0000%d', 1 + $n % 3)
                    ->{json};
            }
            submit($n, $exam, $is->{version} // 1);
        } elsif ($state eq 'refused') {
            $is = save($n, $exam, $is->{version}, 'P00001')->{json};
            submit($n, $exam, $is->{version}) if $is->{version};
        } elsif (role($n) eq 'withdraws' && $which == 0
            && ($n % 2 || $order->{order_id}))
        {
            step($n, $exam, 'POST', '/withdraw', version => $is->{version});
        } elsif ($order->{order_id}) {
            my $url = eval { trade($n, $order->{order_id},
                $n % 3 ? 'qr' : 'mini_program') };

            # every other one asks, the rest wait for what Alipay tells
            return if $url && cash($n, $url) && $n % 2 && !$fragile;
            check($n, $order->{order_id}) if $url;
        }
        sleep 0.25;
    }
    return;
}


# ---- what a reviewer does ----------------------------------------------------

sub desk {
    my ($who, $path, $exam, $json) = @_;

    return ask('POST', "/review/items/$path?exam_id=$exam",
        token => $staff{$who}{token}, $json ? (json => $json) : ());
}

sub decide {
    my ($who, $exam, $id, $version, $what) = @_;

    for (1, 2) {
        my $answer = desk($who, "$id/$what", $exam, {
            version => $version, $what eq 'refuse'
                ? (reasons => ['education'], note => '请换岗') : () });

        note_ack($exam, '/decided', $id, $version, $what, $who)
            if $answer->{status} == 200;
        return if $answer->{status} != 599;
    }
    return;
}

# Until the file is there.  A reviewer's two windows see the same item, and do
# not agree about it; and what the other one holds is tried, too.
sub reviewer {
    my ($who, $which, $exam) = @_;
    my $other = $who eq 'ann' ? 'bob' : 'ann';

    begin("reviewer-$who", $which);
    while (!-e "$acks/enough-$exam") {
        my $item = desk($who, 'next', $exam)->{json} || {};
        my $id = $item->{application_id};

        if (!$id) {
            sleep 0.1;
            next;
        }
        my $their = eval { readlink "$acks/$other" } // '';
        unlink "$acks/$who";
        symlink "$id $item->{version}", "$acks/$who";
        decide($who, $exam, $id, $item->{version},
            $item->{position}{code} eq 'P00003'
                && ($which == 0 || $id =~ /[a-z]$/) ? 'refuse' : 'approve');
        decide($who, $exam, split(/ /, $their), 'approve') if $their;
    }
    return;
}


# ---- jobs --------------------------------------------------------------------

sub run_jobs {
    my @said = map { $one->nginx->civicctl('job', 'run', $_) } @_;
    eval { $client->post('/sandbox/alipay/notifications/run') };
    return;
}

sub reviewing { run_jobs(map { "review.$_" } qw(work money tell)); return }

sub records {
    my ($exam) = @_;
    my %of;

    for my $key ($store->keys('civic:{p:*}:review')) {
        my $text = $store->command('HGET', $key, "application:$exam") // next;
        my %is;

        @is{qw(state version since id position submitted due reversal
            reviewer)} = split / /, $text;
        my ($pid) = $key =~ /\{p:([^}]+)\}/;
        $of{$pid} = { %is, pid => $pid, text => $text };
    }
    return \%of;
}

sub book {
    my ($pid) = @_;

    return { @{ $store->command('HGETALL', "civic:{p:$pid}:payment") } };
}

# Until nothing is left in an outbox, and no money is under way.
sub settle {
    my ($name) = @_;
    my $end = time + 120;
    my @left;

    while (time < $end) {
        @left = grep { $store->command('XLEN', $_) > 0 }
            $store->keys('civic:outbox:*');
        push @left, grep { my $book = book($_->{pid});
            grep { /^late |^refund(?:ing)? / || /^open 1 \S+ \d+ late/ }
                map { $book->{$_} } grep { /^(?:trade|order):/ } keys %$book }
            @citizen;
        push @left, 'money' if keys %{ ours() } != keys %{ theirs() };
        last if !@left;
        reviewing();
        run_jobs(map { "payment.$_" } qw(follow tell due deadlines));
        run_jobs('civic.audit', 'civic.pushes');
    }
    is(join(' ', map { ref $_ ? $_->{pid} : $_ } @left), '',
        "$name: everything has been done");
    return;
}


# ---- what must be true -------------------------------------------------------

sub acknowledged {
    my ($exam) = @_;
    my @all;

    for my $path (glob "$acks/*.*") {
        open my $file, '<', $path or die "$path: $!";
        push @all, map { chomp; [ split / / ] } <$file>;
    }
    return grep { $_->[0] eq $exam || $_->[0] eq '-' } @all;
}

# pid => [ order's words ] of the exam.
sub orders {
    my ($exam, $pid) = @_;
    my $book = book($pid);
    my $counts = $book->{"item:exam:$exam"} // '';

    return map { my ($id) = /^order:(.*)/;
        { id => $id, counts => $id eq $counts,
            state => (split / /, $book->{$_})[0] } }
        grep { /^order:/ } keys %$book if $counts;
    return;
}

my %fits = map { $_ => 1 } 'approved:paid', 'approved:unpaid',
    'removed:removed', 'withdrawn:closed', 'withdrawn:refunded', 'withdrawn:',
    'submitted:', 'refused:', 'draft:';

# Nobody has two states or two orders, and both servers say the same.
sub states_fit {
    my ($name, $exam, $of) = @_;
    my (@wrong, %count);

    for my $n (0 .. PEOPLE - 1) {
        my $is = $of->{ $citizen[$n]{pid} } or next;
        my @orders = grep { $_->{counts} } orders($exam, $is->{pid});
        my @open = grep { $_->{state} =~ /^(?:unpaid|paid|refunding)$/ }
            orders($exam, $is->{pid});
        my $items = grep { /^item:/ } keys %{ book($is->{pid}) };
        my $pair = "$is->{state}:" . join ',', map { $_->{state} } @orders;
        my ($here, $there) = map { $_->client->get(
            "/review/applications/$exam", token => $citizen[$n]{token})
            ->{json} } @civic;

        $count{$pair}++;
        push @wrong, "$n $pair" if !$fits{$pair} || @open > $items;
        push @wrong, "$n $here->{label} $there->{label} $is->{state}"
            if $here->{label} ne $there->{label}
            || $here->{state} ne $is->{state};
    }
    is("@wrong", '', "$name: one state and one order each");
    note(join ', ', map { "$count{$_} $_" } sort keys %count);
    return %count;
}

# What was answered 2xx is there.
sub acknowledged_is_there {
    my ($name, $exam, $of, $trail) = @_;
    my (@lost, %decided, %submitted);

    for my $ack (acknowledged($exam)) {
        my (undef, $what, $whose, @rest) = @$ack;

        if ($what eq '/decided') {
            my ($version, $how, $who) = @rest;
            my $before = $decided{"$whose $version"} //= "$how $who";
            push @lost, "two decisions on $whose" if $before ne "$how $who";
        } elsif ($what eq '/known') {
            push @lost, "@$ack" if book($whose)->{"order:$rest[0]"}
                !~ /^(?:paid|refund)/;
        } else {
            push @lost, "@$ack" if !$of->{$whose}
                || $of->{$whose}{version} < $rest[0];
            $submitted{$whose}{ $rest[0] }++ if $what eq '/submit';
        }
    }
    for my $pid (keys %submitted) {
        my $entries = $trail->{ $of->{$pid}{pid} }{submitted} // 0;
        push @lost, "$pid submitted" if $entries < keys %{ $submitted{$pid} };
    }
    for my $is (values %$of) {
        my $answered = grep { /^\Q$is->{id}\E / } keys %decided;
        my $entries = $trail->{ $is->{pid} }{decided} // 0;
        push @lost, "$is->{id}: $answered decisions of $entries"
            if $answered > $entries;
    }
    is("@lost", '', "$name: what was answered is there, once");
    note(keys(%decided) . ' decisions, ' . keys(%submitted) . ' submitted');
    return;
}

# out_trade_no => { in => [ fen ... ], out => [ fen ... ] } by our receipts.
sub ours {
    my %moved;

    for my $citizen (@citizen) {
        my $book = book($citizen->{pid});
        for my $receipt (map { $book->{$_} } grep { /^receipt:/ } keys %$book)
        {
            my ($way, $no, $fen) = split / /, $receipt;

            push @{ $moved{$no}{$way} }, $fen;
        }
    }
    return \%moved;
}

# The same by the sandbox' books.
sub theirs {
    my (%moved, $page);
    my $offset = 0;

    do {
        $page = $client->get("/sandbox/alipay/trades?limit=50&offset=$offset")
            ->{json}{trades};
        for my $trade (@$page) {
            push @{ $moved{ $trade->{out_trade_no} }
                { $_->{kind} eq 'refund' ? 'out' : 'in' } }, $_->{fen}
                for @{ $trade->{movements} };
        }
        $offset += 50;
    } while @$page == 50;
    return \%moved;
}

sub money_fits {
    my ($name) = @_;
    my ($ours, @wrong) = ours();

    is_deeply($ours, theirs(), "$name: each movement has one receipt");

    for my $citizen (@citizen) {
        my $book = book($citizen->{pid});

        for my $order (map { /^order:(.*)/ } keys %$book) {
            my $sum = 0;
            for my $no (split ' ', $book->{"trades:$order"} // '') {
                $sum += $_ for @{ $ours->{$no}{in} || [] };
                $sum -= $_ for @{ $ours->{$no}{out} || [] };
            }
            push @wrong, "$order keeps $sum"
                if $sum != ($book->{"order:$order"} =~ /^paid / ? FEE : 0);
        }
    }
    is("@wrong", '', "$name: who has paid has paid once, and nobody else");
    return;
}

# The index and the queue are what the records say.
sub index_fits {
    my ($name, $exam, $of) = @_;
    my %index = @{ $store->command('HGETALL',
        "civic:{review:$exam}:applications") };
    my %counts = @{ $store->command('HGETALL',
        "civic:{review:$exam}:counts") };
    my (%recount, %expected, @paid);

    for my $is (values %$of) {
        my ($order) = grep { $_->{counts} } orders($exam, $is->{pid});
        my $paid = $is->{state} eq 'approved' && $order
            && $order->{state} eq 'paid' ? 1 : 0;

        $recount{ $is->{position} }++
            if $is->{state} =~ /^(?:submitted|approved|refused)$/;
        $expected{ $is->{pid} } = "$is->{version} $is->{state} "
            . "$is->{position} $paid" if $is->{state} ne 'draft';
        push @paid, $is->{pid} if $paid;
    }
    delete $counts{$_} for grep { $counts{$_} == 0 } keys %counts;
    is_deeply({ map { $_ => $index{$_} =~ s/ \d+$//r }
        grep { $index{$_} !~ /^\d+ draft / } keys %index }, \%expected,
        "$name: the index is what the records say");
    is_deeply(\%counts, \%recount, "$name: so are the counts");
    is_deeply([ sort @{ $store->command('SMEMBERS',
        "civic:{review:$exam}:paid") } ], [ sort @paid ],
        "$name: and who has paid");
    is_deeply([ sort @{ $store->command('ZRANGE',
        "civic:{reviews:$exam}:waiting", 0, -1) } ],
        [ sort map { $_->{id} } grep { $_->{state} eq 'submitted' }
            values %$of ], "$name: the queue has what waits, and nothing else");
    return;
}

# pid => { action => how often } of the exam, both nginx' trails together.
sub trail {
    my ($exam) = @_;
    my %of;

    for my $civic (@civic) {
        my (undef, $text) = $civic->nginx->civicctl('audit', 'show',
            '--json');
        for my $line (split /\n/, $text) {
            my $entry = eval { JSON::PP->new->utf8->decode($line) } or next;

            next if ($entry->{details}{exam} // '') ne $exam;
            my ($what) = $entry->{action} =~ /^review\.(.*)/ or next;
            $what = 'decided' if $what =~ /^(?:approved|refused)$/;
            $of{ $entry->{subject} }{$what}++;
        }
    }
    return \%of;
}

# Each submission is decided at most once: what is decided has as many
# decisions as submissions, what waits has one less.  And whatever raised the
# version without an entry was saving, which has none.
sub trail_fits {
    my ($name, $exam, $of, $trail) = @_;
    my (@wrong, %saved);

    $saved{ $_->[2] }{ $_->[3] }++ for grep { $_->[1] eq '/save' }
        acknowledged($exam);

    for my $is (values %$of) {
        my %did = (submitted => 0, decided => 0, removed => 0,
            withdrawn => 0, %{ $trail->{ $is->{pid} } || {} });
        my $waiting = $did{submitted} - $did{decided};
        my $saves = $is->{version};

        $saves -= $_ for @did{qw(submitted decided removed withdrawn)};

        push @wrong, "$is->{state} " . join ' ', %did
            if $waiting < 0 || $waiting > 1
            || $saves < keys %{ $saved{ $is->{pid} } || {} }
            || ($is->{state} eq 'submitted') != ($waiting == 1)
                && $is->{state} !~ /^(?:withdrawn|draft)$/
            || $did{removed} != ($is->{state} eq 'removed')
            || $did{withdrawn} != ($is->{state} eq 'withdrawn');
    }
    is("@wrong", '', "$name: each decision has one entry in the trail");
    return;
}

sub all_fits {
    my ($name, $exam) = @_;

    settle($name);
    my $of = records($exam);
    my $trail = trail($exam);
    my %count = states_fit($name, $exam, $of);
    acknowledged_is_there($name, $exam, $of, $trail);
    money_fits($name);
    index_fits($name, $exam, $of);
    trail_fits($name, $exam, $of, $trail);
    return %count;
}

# Until they have ended; the jobs run meanwhile.
sub wait_for_all {
    my (@pids) = @_;
    my $end = time + 180;

    while (@pids && time < $end) {
        reviewing();
        @pids = grep { Civic::Process::alive($_) } @pids;
    }
    is(scalar @pids, 0, 'all have ended');
    return;
}

sub enough { open my $file, '>', "$acks/enough-$_[0]" or die; return }


# ---- fifty people at once ----------------------------------------------------

sub people_and_reviewers {
    my ($exam, @numbers) = @_;
    my $end = time + 120;
    my @people = map { my $n = $_;
        map { my $which = $_;
            Civic::Process::background("citizen $n", sub {
                citizen($n, $which, $exam, $end) });
        } 0, 1;
    } @numbers;
    my @reviewers = map { my $who = $_;
        map { my $which = $_;
            Civic::Process::background($who, sub {
                reviewer($who, $which, $exam) });
        } 0, 1;
    } qw(ann bob);

    return (\@people, \@reviewers);
}

exam(EXAM, 86400);
for my $plan ([ repeat => 8, times => 8 ], [ hold => 8, delay_ms => 1500 ],
    [ forged => 3 ], [ lost => 3 ])
{
    my ($what, $count, %more) = @$plan;

    $client->post('/sandbox/alipay/notifications/plans',
        json => { plan => $what, count => $count, %more });
}
my ($people, $reviewers) = people_and_reviewers(EXAM, 0 .. PEOPLE - 1);
reviewing();
$two->nginx->reload(gently => 1);
reviewing();
kill 'KILL', ($one->nginx->workers)[0];
wait_for_all(@$people);
enough(EXAM);
wait_for_all(@$reviewers);
my %before = all_fits('rush', EXAM);
is($before{'approved:unpaid'}, 12, 'the last twelve have not paid yet');


# ---- payment and removal, submission and deadline, in the same moment --------

# The same second ends the payment of one exam and the registration of
# another.
my @late = grep { role($_) eq 'late' } 0 .. PEOPLE - 1;
my @closing = 0 .. 23;
my $until = int(time) + 16;
move(EXAM, "$_.until", $until) for qw(registration payment);
exam(CLOSE, $until - int time);
begin('drafts', 0);
my %draft = map { $_ => save($_, CLOSE, 0, 'P00001')->{json}{version} }
    @closing;
my @busy = map {
    my $i = $_;
    my $n = $late[$i];

    Civic::Process::background("late $n", sub {
        my $order;

        begin("late-$n", $i % 2);
        while (time < $until) {
            $order = application($n, EXAM, 'GET', '')->{json}{order};
            last if ($order->{until} // '')
                eq Civic::Exam::instant($until - int time);
            sleep 0.2;
        }
        my $url = trade($n, $order->{order_id}, 'mini_program');
        my $at = $until - 1.8 + $i * 0.3;
        sleep $at - time if $at > time;
        cash($n, $url) if $url;
    });
} 0 .. $#late;
push @busy, map {
    my $n = $_;

    Civic::Process::background("closing $n", sub {
        my $at = $until - 1.5 + $n * 0.12;

        begin("closing-$n", $n % 2);
        sleep $at - time if $at > time;
        submit($n, CLOSE, $draft{$n});
    });
} @closing;
sleep $until - time if $until > time;
run_jobs('payment.deadlines') for 1 .. 3;
wait_for_all(@busy);
my $end = time + 60;
while (time < $end && grep { $_->{state} eq 'unpaid' }
    map { orders(EXAM, $_->{pid}) } @citizen)
{
    run_jobs(map { "payment.$_" } qw(due deadlines));
}
my %count = all_fits('the deadline', EXAM);
is($count{'approved:unpaid'} // 0, 0, 'everybody has paid or is removed');
cmp_ok($count{'removed:removed'} // 0, '>=', 4, 'who did not pay is removed');
is(($count{'removed:removed'} // 0)
    + ($count{'approved:paid'} // 0) - ($before{'approved:paid'} // 0), 12,
    'and nobody else');

my $closed = records(CLOSE);
my %told = map { $_->[2] => 1 } grep { $_->[1] eq '/submit' }
    acknowledged(CLOSE);
is(join(' ', grep { my $is = $closed->{$_};
    $told{$_} != ($is->{state} eq 'submitted')
        || $told{$_} && $is->{submitted} >= $until * 1000
} map { $told{$_} //= 0; $_ } map { $citizen[$_]{pid} } @closing), '',
    'who was told so has submitted before the end, and nobody else');
cmp_ok(scalar(grep { $_ } values %told), '>', 0, 'some were in time');
cmp_ok(scalar(grep { !$_ } values %told), '>', 0, 'some were not');
all_fits('closed', CLOSE);


# ---- the power goes right after an answer ------------------------------------

exam(POWER, 86400);
$fragile = 1;
($people, $reviewers) = people_and_reviewers(POWER, 0 .. 27);
$fragile = 0;
wait_for('each kind of answer', 40, sub {
    my %kinds;

    reviewing();
    $kinds{ $_->[1] }++ for grep { $_->[0] eq POWER || $_->[1] eq '/known' }
        acknowledged(POWER);
    return ($kinds{'/submit'} // 0) > 20 && ($kinds{'/decided'} // 0) > 5
        && grep { $_->[1] eq '/known'
            && (book($_->[2])->{'item:exam:' . POWER} // '') eq $_->[3]
        } acknowledged(POWER);
});
Civic::PowerLoss::cut_store($store);
$store->run(0);
ok($_->wait_ready(10), 'Redis is back') for @civic;
enough(POWER);
wait_for_all(@$people, @$reviewers);
all_fits('power', POWER);

finish();
