# Who guesses passwords must wait; whose password it is need not, on a device
# that logged in before.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['login argon2_memory=1024'], people => 4, workers => 2);
my $client = $civic->client;
my $redis = $civic->redis;
my ($victim, $owner, $raced, $careful) = $civic->people;

sub guess {
    my ($person, %arg) = @_;

    return $client->try_login($person->{id_number}, 'a wrong guess', %arg);
}

sub right {
    my ($person, %arg) = @_;

    return $client->try_login(@$person{qw(id_number password)}, %arg);
}

sub waits {
    my ($answer, $code, $least, $most, $name) = @_;
    my $after = $answer->{json}{retry_after};

    is_problem($answer, 429, $code, $name);
    is($answer->{headers}{'retry-after'}, $after, 'Retry-After says the same');
    ok($after >= $least && $after <= $most, "between $least and $most s")
        or diag("retry_after $after");
    like($answer->{json}{detail}, qr/$after/, 'the text tells it');
    return;
}

# Makes all counters that Redis has older by so many seconds.
sub later {
    my ($seconds) = @_;

    for my $key ($redis->keys('civic:*:login')) {
        my %fields = @{ $redis->command('HGETALL', $key) };

        for my $field (grep { /^guesses/ } keys %fields) {
            my ($count, $first, $last) = split / /, $fields{$field};
            $redis->command('HSET', $key, $field, join ' ', $count,
                $first - $seconds, $last - $seconds);
        }
    }
    return;
}


# ---- a device that logged in before ----

my $device = right($victim)->{json}{device};
my %known = (headers => { 'Civic-Device' => $device });


# ---- guesses from elsewhere, at a person and at nobody ----

for my $target ($victim, { id_number => id_number(49) }) {
    my $who = $target == $victim ? 'a person' : 'nobody';

    is(guess($target)->{json}{code}, 'login_failed', "$who: guess $_")
        for 1 .. 5;
    waits(guess($target), 'too_many_guesses', 50, 60, "$who: the sixth");
}
waits(right($victim), 'too_many_guesses', 40, 60,
    'the right password from elsewhere waits too');
is(right($victim, %known)->{status}, 200, 'a known device does not');
waits(right($victim), 'too_many_guesses', 40, 60,
    'and others have no use of it');
is(right($owner)->{status}, 200, 'nor does another person');


# ---- what is a known device ----

my $foreign = right($owner)->{json}{device};
for my $case ([ 'of somebody else', $foreign ], [ 'cut', substr $device, 0, -1 ],
    [ 'a word', 'device' ], [ 'none', '' ], [ 'long', 'A' x 2000 ])
{
    is(right($victim, headers => { 'Civic-Device' => $case->[1] })->{status},
        429, "a device $case->[0] is not known");
}
is(right($victim, headers => { Cookie => "a=b; __Host-civic_device=$device" })
    ->{status}, 200, 'a cookie can carry it');


# ---- the wait ends, and doubles ----

later(61);
is(guess($victim)->{json}{code}, 'login_failed', 'a minute later, one guess');
waits(guess($victim), 'too_many_guesses', 100, 120, 'then two minutes');
later(121);
is(right($victim)->{status}, 200, 'after them the right password enters');
is(guess($victim)->{json}{code}, 'login_failed', 'and all is forgotten: guess '
    . $_) for 1 .. 5;
is(guess($victim)->{status}, 429, 'up to the sixth');


# ---- guesses from the known device are its own ----

is(guess($victim, %known)->{json}{code}, 'login_failed',
    "the known device: guess $_") for 1 .. 10;
waits(guess($victim, %known), 'too_many_guesses', 45, 60, 'the eleventh');
later(86401);
is(right($victim)->{status}, 200, 'a day later all is new');


# ---- many at once ----

my @tickets = map { [ $client->captcha ] } 1 .. 16;
my $folder = $civic->nginx->folder;
my @pids = map {
    my $i = $_;
    my ($id, $answer) = @{ $tickets[$i] };

    Civic::Process::background("guess $i", sub {
        my $said = $civic->client->post('/login/password', json => {
            id_number => $raced->{id_number}, password => 'a wrong guess',
            captcha_id => $id, captcha_answer => $answer });
        open my $file, '>', "$folder/guess-$i" or die "guess: $!";
        print {$file} $said->{json}{code};
        close $file;
    });
} 0 .. $#tickets;
Civic::Process::wait_for('the guesses', 30,
    sub { !grep { Civic::Process::alive($_) } @pids });
my %codes;
for (0 .. $#tickets) {
    open my $file, '<', "$folder/guess-$_" or next;
    $codes{ <$file> // '' }++;
}
is($codes{login_failed}, 5, 'of sixteen at once, five are tried')
    or diag(explain(\%codes));
is(($codes{too_many_guesses} // 0) + ($codes{too_many_requests} // 0), 11,
    'the others wait');


# ---- changing the password is guessed at apart ----

my $token = right($careful)->{json}{token};
my $change = sub {
    return $client->put('/login/password', token => $token, json => {
        old_password => $_[0], new_password => 'Quite-Another-4711' });
};
is($change->('a wrong guess')->{json}{code}, 'old_password_wrong',
    "an old password that is wrong, $_") for 1 .. 5;
waits($change->('a wrong guess'), 'too_many_guesses', 50, 60, 'the sixth');
is($change->($careful->{password})->{status}, 429, 'the right one waits too');
is(right($careful)->{status}, 200, 'but logging in does not');


# ---- an address ----

my ($address) = $redis->keys('civic:login:address:*');
is($address, 'civic:login:address:127.0.0.1', 'attempts of an address count');
my ($start) = split / /, $redis->command('GET', $address);
$redis->command('SET', $address, "$start 299");
is(right($owner)->{status}, 200, 'the last of an address');
waits(right($owner), 'too_many_from_address', 500, 600, 'one too many');
is(guess({ id_number => id_number(47) })->{json}{code},
    'too_many_from_address', 'for nobody too');
is(right($owner, headers => { 'Civic-Device' => $foreign })->{status}, 200,
    'a known device is exempt');
$start -= 601;
$redis->command('SET', $address, "$start 1000");
is(right($owner)->{status}, 200, 'the next window');

finish();
