# Families on their worst day: users bind children on two nginx at once, many
# more than either cap lets in; some finish twice, from two phones; relatives
# object meanwhile; workers are killed, Redis falls silent, and dies.
#
# An observer looks all the time: never more than eight relatives of a user or
# three guardians of a relative, and whoever stands in a relative's record has a
# place in the own one.  Afterwards everything that was answered is there, and
# nothing is left half done: not before the repair, and not after it.
#
# CIVIC_BINDS=10000 is the whole show: 400 users, 2,000 relatives.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Process;

use POSIX ();
use Time::HiRes qw(sleep time);

use constant { RELATIVES => 8, GUARDIANS => 3, SETTLE => 15 };

my $binds = $ENV{CIVIC_BINDS} || 1000;
my $users = int($binds / 25);           # each tries 25, and has eight places
my $relatives = int($binds / 5);        # each is tried five times, and has three
my $phones = $binds > 2000 ? 24 : 12;   # at the same time

my $folder = Civic::Process::folder();
my $store = Civic::Redis->start(form => 'single',
    set => { appendonly => 'yes', appendfsync => 'always' });
my @civic = map {
    civic(redis => $store, workers => 2, start => 0, blobs => 'shared',
        plugins => [ 'civic', 'kinship' ], fixtures => ['snapper'],
        allow => qr/exited on signal 9/)
} 0, 1;

system 'cp', '-p', map { $_->nginx->keyring } @civic;
for my $civic (@civic) {
    system 'sed', '-E', '-i',
        '-e', 's/^rules.settle_after = 60/rules.settle_after = ' . SETTLE . '/',
        '-e', 's/settle_after = 60, /settle_after = ' . SETTLE . ', /',
        '-e', 's/^(rules[.](free|day)_(matches|pledges) =) .*/\\1 1000/',
        '-e', 's/^rules.examples = examples/rules.examples = {}/',
        $civic->nginx->rules . '/kinship.lua';
    $civic->nginx->start;
}
$_->wait_ready for @civic;
my $client = $civic[0]->client;


# ---- people ------------------------------------------------------------------

# The n-th child: of 2021 to 2024, so a pledge is enough.
sub child {
    my ($n) = @_;
    my @weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my $body = sprintf '610104%04d%02d%02d%03d', 2021 + $n % 4,
        1 + int($n / 4) % 12, 1 + int($n / 48) % 28, int($n / 1344) + 100;
    my ($sum, @digits) = (0, split //, $body);

    $sum += $digits[$_] * $weights[$_] for 0 .. 16;
    return $body . substr '10X98765432', $sum % 11, 1;
}

sub session {
    my ($name) = @_;

    return $client->post('/snapper/sessions', json => { name => $name })
        ->{json}{token};
}

my @user = map { session("user $_") } 1 .. $users;
my @pids = map { /\{p:(.{22})\}/ } $store->keys('civic:{p:*}:sessions');
is(scalar @pids, $users, "$users users");
$store->command('HSET', "civic:{p:$_}:health", 'opened', '1 own') for @pids;

my @relative = map { child($_) } 0 .. $relatives - 1;
my @objector = map { session($relative[$_]) } 0 .. $#relative / 8;
my %text = map { $_ => $client->get("/civic/consents/texts/$_")->{json} }
    qw(kinship health_child);


# ---- a phone -----------------------------------------------------------------

my (@me, $acks, %said);

sub request {
    my ($method, $path, $token, %arg) = @_;
    my $answer = eval { $me[ rand 2 ]->request($method, "/kinship/$path",
        token => $token, %arg) } || { status => 599, json => {} };
    my $code = $answer->{status} == 200 || $answer->{status} == 201 ? 'ok'
        : $answer->{json}{code} // $answer->{status};

    $code = join ',', map { $_->{code} } @{ $answer->{json}{errors} }
        if $code eq 'invalid_fields';
    $said{"$method " . ($path =~ m{/(\w+)$} ? $1 : 'ask') . " $code"}++;
    return $answer;
}

sub ack { syswrite $acks, join(' ', @_) . "\n"; return }

# One binding of somebody, from the form to its end, as far as it goes; after a
# lost answer it is asked again.
sub bind_one {
    my ($user, $n, $key) = @_;
    my $asked;

    for (1 .. 4) {
        $asked = request('POST', 'bindings', $user,
            headers => { 'Idempotency-Key' => $key },
            json => { name => '王小明', id_number => $relative[$n],
                relation => 'child' });
        last if $asked->{status} < 500;
        sleep 0.3;
    }
    my $id = $asked->{json}{binding_id} or return;
    for (1 .. 3) {
        my $agreed = request('POST', "bindings/$id/agree", $user, json => {
            version => $text{kinship}{version}, agreed => JSON::PP::true(),
            health_version => $text{health_child}{version},
            pledged => JSON::PP::true(), flags => { health => JSON::PP::true(),
                minor => JSON::PP::true() } });

        last if $agreed->{status} < 500;
        sleep 0.3;
    }
    my $twice = rand() < 0.1;
    for (1 .. 5) {
        my $bound = request('POST', "bindings/$id/finish", $user, json => {});

        ack('bound', $id) if $bound->{status} == 200;
        last if $bound->{status} < 500 && !$twice;
        $twice = 0;
        sleep 0.3 if $bound->{status} >= 500;

        # somebody leaves it at that
        last if $bound->{status} >= 500 && rand() < 0.3;
    }
    return;
}

# A relative looks who holds the code, and objects to one.
sub object {
    my ($token) = @_;
    my $holders = request('GET', 'guardians', $token)->{json}{guardians} || [];
    my $one = $holders->[ rand @$holders ] or return;

    ack('objects', $one->{binding_id});
    my $done = request('POST', "guardians/$one->{binding_id}/objection",
        $token);
    ack('objected', $one->{binding_id}) if $done->{status} == 200;
    return;
}

sub phone {
    my ($which, $count) = @_;

    srand $which * 7919 + 3;
    @me = map { $_->client(unseen => 1, timeout => 12) } @civic;
    open $acks, '>', "$folder/acks.$which" or die $!;
    for my $n (1 .. $count) {
        bind_one($user[ rand @user ], int rand @relative, "k-$which-$n");
        object($objector[ rand @objector ]) if rand() < 0.05;
    }
    open my $out, '>', "$folder/said.$which" or die $!;
    print {$out} "$said{$_} $_\n" for sort keys %said;
    close $out;
    return;
}


# ---- who looks ---------------------------------------------------------------

sub rows {
    my ($key) = @_;
    my $all = eval { $store->command('HGETALL', $key) } || [];
    my %rows = @$all;

    delete @rows{ grep { length != 22 } keys %rows };
    return \%rows;
}

my ($looks, $most_guardians, $most_relatives, @broken) = (0, 0, 0);

# Who is there before and after, by the same binding, was there all the time.
sub look {
    my ($relative) = @_;
    my $before = rows("civic:{p:$relative}:guardians");
    my %place = map { $_ => rows("civic:{p:$_}:kin") } keys %$before;
    my $after = rows("civic:{p:$relative}:guardians");

    $looks++;
    for my $guardian (keys %$before) {
        my ($id) = split / /, $before->{$guardian};
        my $count = keys %{ $place{$guardian} };
        my $row = $place{$guardian}{$relative} // '';

        $most_relatives = $count if $count > $most_relatives;
        push @broken, "no place: $before->{$guardian} / $row"
            if ($after->{$guardian} // '') =~ /^\Q$id\E / && %{ $place{$guardian} }
            && $row !~ /^\w+ \Q$id\E /;
    }
    my $count = keys %$before;
    $most_guardians = $count if $count > $most_guardians;
    return;
}


# ---- the day -----------------------------------------------------------------

my $begun = time;
my @running = map { my $which = $_;
    Civic::Process::background("phone $which", sub {
        phone($which, int($binds / $phones) + 1) });
} 0 .. $phones - 1;
my ($kills, $silences, $deaths) = (0, 0, 0);
my $next = time + 0.5;
my @keys;

while (@running) {
    @running = grep { Civic::Process::alive($_) } @running;
    if (time > $next) {
        my $turn = ($kills + $silences + $deaths) % 8;

        if ($turn == 1) {
            $silences++;
            $store->pause;
            sleep 1.7;                  # longer than a command may take
            $store->resume;
        } elsif ($turn == 6) {
            $deaths++;
            $store->stop(0, 'KILL');
            $store->run(0);
        } else {
            my @workers = $civic[ $kills % 2 ]->nginx->workers;

            $kills++;
            kill 'KILL', $workers[ rand @workers ] if @workers;
        }
        @keys = ();
        $next = time + 0.4;
    }
    @keys = map { /\{p:(.{22})\}/ } eval { $store->keys('civic:{p:*}:guardians') }
        if !@keys;
    look($keys[ rand @keys ]) if @keys;
    sleep 0.002;
}
my $took = time - $begun;
note(sprintf '%d tries in %.1f s; %d workers killed, Redis silent %d times, '
    . 'dead %d times; %d looks', $binds, $took, $kills, $silences, $deaths,
    $looks);
cmp_ok($kills, '>=', 1, 'workers were killed');
cmp_ok($silences, '>=', 1, 'Redis was silent');
ok($_->wait_ready(10), 'and nginx is there') for @civic;


# ---- what was said -----------------------------------------------------------

my (%count, %told);
for my $path (glob "$folder/said.*") {
    open my $file, '<', $path or die $!;
    /^(\d+) (.*)/ and $count{$2} += $1 while <$file>;
}
for my $path (glob "$folder/acks.*") {
    open my $file, '<', $path or die $!;
    while (<$file>) {
        my ($what, $id) = split;
        $told{$what}{$id}++;
    }
}
note("$count{$_} $_") for sort keys %count;
cmp_ok($count{'POST ask kinship_relatives_full'} // 0, '>', 0,
    'users had no place left');
cmp_ok($count{'POST finish kinship_guardians_full'} // 0, '>', 0,
    'and relatives had none');
is(join(' ', grep { / 500$| internal_error/ } keys %count), '',
    'nothing failed inside');


# ---- what is there -----------------------------------------------------------

# All rows of both sides: "<guardian> <relative> <binding>" => state.
sub everything {
    my (%theirs, %own, %sizes);

    for my $key ($store->keys('civic:{p:*}:guardians')) {
        my ($relative) = $key =~ /\{p:(.*)\}/;
        my $rows = rows($key);

        $sizes{guardians}{ scalar keys %$rows }++;
        for (keys %$rows) {
            my ($id) = split / /, $rows->{$_};
            $theirs{"$_ $relative $id"} = $rows->{$_};
        }
    }
    for my $key ($store->keys('civic:{p:*}:kin')) {
        my ($guardian) = $key =~ /\{p:(.*)\}/;
        my $rows = rows($key);

        $sizes{relatives}{ scalar keys %$rows }++;
        for (keys %$rows) {
            my ($state, $id) = split / /, $rows->{$_};
            $own{"$guardian $_ $id"} = $state;
        }
    }
    return (\%theirs, \%own, \%sizes);
}

sub within_caps {
    my ($name, $sizes) = @_;

    is(join(' ', grep { $_ > GUARDIANS } keys %{ $sizes->{guardians} }), '',
        "$name: never more than three guardians");
    is(join(' ', grep { $_ > RELATIVES } keys %{ $sizes->{relatives} }), '',
        "$name: never more than eight relatives");
    return;
}

is("@broken", '', 'whoever stood in a record had a place');
cmp_ok($most_guardians, '<=', GUARDIANS, 'at no look more than three');
cmp_ok($most_relatives, '<=', RELATIVES, 'or more than eight');
my ($theirs, $own, $sizes) = everything();
within_caps('at once', $sizes);
is(join(' ', grep { !$own->{$_} } keys %$theirs), '',
    'nobody stands in a record without a place');
my $half = grep { !$theirs->{$_} || $own->{$_} ne 'bound' } keys %$own;
note("$half places were left half done");

sub run_jobs {
    for my $job (@_) {
        my ($status, $text) = $civic[0]->nginx->civicctl('job', 'run',
            "kinship.$job");
        is($status, 0, "job $job") or diag($text);
    }
    return;
}

# Until the outbox is empty: what was reserved last is as old as it must be.
# A worker that was killed may not have noted it: then it is found within a
# minute.
my $end = time + SETTLE + 75;
my @waiting;
do {
    sleep 0.5;
    @waiting = grep { $store->command('XLEN', $_) }
        $store->keys('civic:outbox:kinship.settle*');
} while (@waiting && time < $end);
is("@waiting", '', 'everything was settled');
($theirs, $own, $sizes) = everything();
is(join(' ', sort keys %$own), join(' ', sort keys %$theirs),
    'both sides say the same');
is(join(' ', grep { $own->{$_} ne 'bound' } keys %$own), '',
    'nothing is half done');
within_caps('settled', $sizes);
note(scalar(keys %$own), ' bindings; guardians: ', join ', ',
    map { "$sizes->{guardians}{$_} x $_" } sort keys %{ $sizes->{guardians} });
note('relatives: ', join ', ', map { "$sizes->{relatives}{$_} x $_" }
    sort keys %{ $sizes->{relatives} });

# What was answered is there, unless the relative has objected, or has tried to.
my %stands = map { (split / /)[2] => 1 } keys %$own;
my @bound = keys %{ $told{bound} };
is(join(' ', grep { !$stands{$_} && !$told{objects}{$_} } @bound), '',
    @bound . ' bindings that were acknowledged stand');
my @objected = keys %{ $told{objected} };
is(join(' ', grep { $stands{$_} } @objected), '',
    @objected . ' that were objected to do not');

# The walks find nothing to do.
$store->command('DEL', $_) for $store->keys('civic:{kinship:*');
run_jobs(qw(mend mend_relatives));
my ($theirs_after, $own_after) = everything();
is_deeply([ $theirs_after, $own_after ], [ $theirs, $own ],
    'the repair finds nothing to do');

finish();
