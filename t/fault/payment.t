# Money on bad days: fifty people pay at once on two nginx, of which one
# reloads and one loses a worker; payments and removals in the same moment;
# Redis stands still, then loses its power, right after an answer.  Whatever
# happens: no order has two states, each movement of money has exactly one
# receipt, what the sandbox says was moved is what we say, and nothing that was
# answered is lost.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::PowerLoss;
use Civic::Process;
use Civic::Sandbox;

use POSIX ();
use Time::HiRes qw(sleep time);

my $people = 50;
my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $store = Civic::Redis->start(form => 'single',
    set => { appendonly => 'yes', appendfsync => 'always' },
    env => Civic::PowerLoss::env());
my @ports = map { Civic::Process::port() } 0, 1;
my @civic = map {
    civic($sandbox->with_alipay(
        port => $ports[$_], workers => 2, start => 0, redis => $store,
        fixtures => [ 'asker', 'once' ],
        plugins => [ 'civic', 'payment seller_id=2088000000009999 '
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


# ---- the steps ---------------------------------------------------------------

# [ token, pid ] of fifty citizens.
my %seen;
my @citizen = map {
    my $token = $client->post('/once/session', json => { name => "payer $_" })
        ->{json}{token};
    my ($pid) = grep { !$seen{$_}++ }
        map { /^civic:\{p:([^}]+)\}:/ ? $1 : () } $store->keys('civic:{p:*');

    [ $token, $pid ];
} 1 .. $people;
is(scalar(grep { length($_->[1] // '') == 22 } @citizen), $people,
    "$people citizens");

sub order {
    my ($n, $item, $until) = @_;
    my $answer = $client->post('/asker/calls/payment.open', json => {
        pid => $citizen[$n][1], item => $item, title => '报名费',
        fen => 12000, until => int($until * 1000) });

    return $answer->{json}{out}{order_id};
}

my $key = 0;

sub pay {
    my ($at, $n, $order, $channel) = @_;

    return $at->post("/payment/orders/$order/pay",
        token => $citizen[$n][0],
        headers => { 'Idempotency-Key' => "p$$-" . $key++ },
        json => { channel => $channel, $channel eq 'mini_program'
            ? (auth_code => $sandbox->auth_code($at, 'zhang')) : () });
}

sub state_of {
    my ($n, $order) = @_;

    return $client->get("/payment/orders/$order", token => $citizen[$n][0])
        ->{json}{state} // '';
}

sub run_jobs {
    my (@names) = @_;

    $one->nginx->civicctl('job', 'run', "payment.$_") for @names;
    return;
}

# { out_trade_no => [ fen that came, fen that went ] }, and how many receipts
# say the same movement.
sub ours {
    my (%moved, %twice);

    for my $hash ($store->keys('civic:{p:*}:payment')) {
        my %book = @{ $store->command('HGETALL', $hash) };

        for my $field (grep { /^receipt:/ } keys %book) {
            my ($way, $no, $fen) = split / /, $book{$field};

            $moved{$no} //= [ 0, 0 ];
            $moved{$no}[ $way eq 'out' ] += $fen;
            $twice{"$way $no"}++;
        }
    }
    return (\%moved, join ' ', grep { $twice{$_} > 1 } sort keys %twice);
}

sub theirs {
    my (%moved, $page);
    my $offset = 0;

    do {
        $page = $client->get("/sandbox/alipay/trades?limit=50&offset=$offset")
            ->{json}{trades};
        for my $trade (@$page) {
            for my $move (@{ $trade->{movements} }) {
                $moved{ $trade->{out_trade_no} } //= [ 0, 0 ];
                $moved{ $trade->{out_trade_no} }[ $move->{kind} eq 'refund' ]
                    += $move->{fen};
            }
        }
        $offset += 50;
    } while @$page == 50;
    return \%moved;
}

# Until nothing is open or late any more, at most so long; then the account.
sub money_fits {
    my ($name, @orders) = @_;
    my $end = time + 120;
    my ($ours, $twice);

    while (time < $end) {
        run_jobs(qw(follow due));
        my @rows = map { my %book = @{ $store->command('HGETALL', $_) };
            map { $book{$_} } grep { /^(?:trade|refund):/ } keys %book }
            $store->keys('civic:{p:*}:payment');
        last if !grep { /^late |^open 1 \S+ \d+ late/ } @rows
            and !grep { state_of(@$_) eq 'unpaid' } @orders;
        sleep 0.3;
    }
    ($ours, $twice) = ours();
    is($twice, '', "$name: no movement has two receipts");
    is_deeply($ours, theirs(), "$name: each movement has one");
    return;
}

# What an order's trades leave with the seller.
sub kept {
    my ($n, $order) = @_;
    my %book = @{ $store->command('HGETALL',
        "civic:{p:$citizen[$n][1]}:payment") };
    my ($ours) = ours();
    my $sum = 0;

    $sum += $_->[0] - $_->[1] for grep { defined } map { $ours->{$_} }
        split ' ', $book{"trades:$order"} // '';
    return $sum;
}


# ---- fifty at once -----------------------------------------------------------

my @orders = map { [ $_, order($_, 'exam:parallel', time + 86400) ] }
    0 .. $people - 1;
is(scalar(grep { length($_->[1] // '') == 32 } @orders), $people, 'orders');

# Pays until it is paid, in the channel, whatever the answers are.
sub payer {
    my ($n, $order, $channel, $which) = @_;
    my $at = $civic[$which]->client(unseen => 1, timeout => 10);

    for (1 .. 60) {
        my $said = eval { pay($at, $n, $order, $channel) } || {};
        my $number = $said->{json}{url} // $said->{json}{trade_no};

        return if ($said->{json}{code} // '') =~ /^payment_(?:paid|check)$/;
        if (($said->{status} // 0) == 201) {
            my $paid = eval { $sandbox->pay($at, $number, 'zhang') };
            return if $paid && ($paid->{result_code} // 0) == 9000;
        }
        sleep 0.2;
    }
    return;
}

# Some in both channels.
my @payers = map {
    my ($n, $order) = @$_;

    map {
        my $channel = $_;
        Civic::Process::background("payer $n", sub {
            payer($n, $order, $channel, ($n + ($channel eq 'qr')) % 2) });
    } $n % 5 == 0 ? qw(qr mini_program) : $n % 2 ? 'qr' : 'mini_program';
} @orders;
sleep 0.5;
$two->nginx->reload(gently => 1);
sleep 0.3;
kill 'KILL', ($one->nginx->workers)[0];
$store->command('CLIENT', 'PAUSE', 700);
for my $payer (@payers) {
    wait_for('payers', 90, sub { !Civic::Process::alive($payer) });
}
money_fits('parallel', @orders);
is(join(' ', map { "$_->[0]:" . state_of(@$_) }
    grep { state_of(@$_) ne 'paid' } @orders), '', 'all have paid');
is(join(' ', grep { kept(@{ $orders[$_] }) != 12000 } 0 .. $#orders), '',
    'each of them once');


# ---- payment and removal in the same moment ----------------------------------

my (%ended, @wrong);
for my $round (1 .. 3) {
    my $until = time + 8;
    my @late = map { [ $_, order($_, "exam:late$round", $until) ] } 0 .. 11;
    my @numbers = map { pay($client, @$_, 'mini_program')->{json}{trade_no} }
        @late;
    my @busy = map {
        my $i = $_;
        Civic::Process::background("late $i", sub {
            my $at = $civic[ $i % 2 ]->client(unseen => 1);

            # around the last second, which Alipay counts in whole ones
            sleep $until - time - 2.4 + $i * 0.2 if $until - 2.4 > time;
            $sandbox->pay($at, $numbers[$i], 'zhang') if $numbers[$i];
        });
    } 0 .. $#late;

    sleep $until - time if $until > time;
    run_jobs('deadlines') for 1 .. 3;
    for my $busy (@busy) {
        wait_for('payers', 20, sub { !Civic::Process::alive($busy) });
    }
    my $end = time + 60;
    while (time < $end && grep { state_of(@$_) eq 'unpaid' } @late) {
        run_jobs(qw(follow due deadlines));
    }
    for (@late) {
        my $state = state_of(@$_);
        $ended{$state}++;
        push @wrong, "$_->[0]:$state"
            if kept(@$_) != ($state eq 'paid' ? 12000 : 0)
            || $state !~ /^(?:paid|removed)$/;
    }
}
is("@wrong", '', 'who is removed has paid nothing, who has paid stays');
note(join ', ', map { "$ended{$_} $_" } sort keys %ended);
ok($ended{paid} && $ended{removed}, 'both happened');
money_fits('removals');


# ---- the power goes right after an answer ------------------------------------

@orders = map { [ $_, order($_, 'exam:power', time + 86400) ] } 0 .. 9;
my @urls = map { pay($client, @$_, 'qr')->{json}{url} } @orders;
my @paid = grep {
    $sandbox->pay($client, $urls[$_], 'zhang')->{result_code} == 9000
        && $client->post("/payment/orders/$orders[$_][1]/check",
            token => $citizen[ $orders[$_][0] ][0])->{json}{state} eq 'paid';
} 0 .. $#orders;
is(scalar @paid, 10, 'ten have paid and were told so');
Civic::PowerLoss::cut_store($store);
$store->run(0);
ok($_->wait_ready(10), 'Redis is back') for @civic;

# of the workers one says that it is ready; another may need a moment more
sub state_told {
    my @order = @_;

    return wait_for('an answer', 10, sub { state_of(@order) });
}

is(join(' ', map { state_told(@{ $orders[$_] }) } @paid),
    join(' ', ('paid') x 10), 'nothing that was answered is lost');
money_fits('power', @orders);

finish();
