# The manual's commands, as they stand there, where make demo is what they are
# for: logins, faces, messages, family codes, and the sandbox.  And that nothing
# in docs/ which is to be typed is left out by every test.

use lib 't/lib';
use Civic::Test;
use Civic::Demo;
use Civic::Manual;

my %page = map { $_ => Civic::Manual->new("$_.md") }
    qw(api login face-auth kinship sandbox);
my $tour = Civic::Manual->new('api-tour.md');
my @typed = (
    [ api => $page{api}->shell('log-in') ],
    [ login => $page{login}->shell ],
    [ staff => $page{api}->shell('staff') ],
    [ face => $page{'face-auth'}->shell ],
    [ helpers => join '', map { $tour->typed(qr/^$_\(\)/m) }
        qw(api consent password) ],
    [ password => "password Qinghai-Lake-2026\n" ],
    [ messages => $page{api}->typed(qr/message_id/) ],
    [ consents => $page{api}->typed(qr{texts/face}) ],
    [ clock => $page{api}->typed(qr/Civic-Now/) ],
    [ kinship => $page{kinship}->typed(qr/kinship\/code/)
        . $page{kinship}->typed(qr/agree/) . $page{kinship}->typed(qr/finish/) ],
    [ sandbox => $page{sandbox}->shell ],
);

my $demo = Civic::Demo->new(plugins => [ qw(hello staff kinship payment) ]);

$demo->staff(1, 'counter');
my ($status, $all) = $demo->run(join '',
    map { "echo; echo '-- $_->[0]'\n$_->[1]" } @typed);
my %said = $all =~ /^-- (\w+)\n(.*?)(?=^-- |\z)/msg;

is($status, 0, 'it all runs') or diag($all);


# ---- the API ---------------------------------------------------------------

like($said{api}, qr/"method":"password"/, 'logged in by account')
    or diag($all);
like($said{api}, qr/"id_number":"6301\*{10}9996"/, 'the profile, masked');
like($said{api}, qr/"code":"session_expired"/, 'and out');

is_deeply([ $said{login} =~ /"state":"(\w+)"/g ], [ 'claimed', 'claimed' ],
    'who comes by Alipay claims a name and a number') or diag($all);
is_deeply([ $said{login} =~ /"name":"(.*?)"/g ], [ ('张*') x 2 ], 'masked');

like($said{staff}, qr/"roles":\["counter"\]/, 'somebody at the counter')
    or diag($all);
like($said{face}, qr/^\{[^\n]*"name":"张伟"[^\n]*"id_number":"6301\*{10}9996"/m,
    'who is told whose code it is') or diag($all);
is_deeply([ $said{face} =~ /"state":"(\w+)"/g ], [ qw(waiting done done) ],
    'and vouches for them') or diag($all);

like($said{messages}, qr/"title":"身份认证完成"/, 'an inbox');
is_deeply([ $said{consents} =~ /"status":"(\w+)"/g ], [ ('active') x 2 ],
    'a consent is given') or diag($said{consents});
like($said{consents}, qr/"withdrawn_at":/, 'and withdrawn');
like($said{clock}, qr/"greeting":"晚上好"/, 'a GET from another time')
    or diag($said{clock});


# ---- family codes ----------------------------------------------------------

like($said{kinship}, qr/"created":true/, 'an own code');
like($said{kinship}, qr/"proof":"pledge"/, 'a child is bound by a pledge');
like($said{kinship}, qr/"bound_at":/, 'to the end') or diag($said{kinship});


# ---- the sandbox -----------------------------------------------------------

# What commands have printed, without what fails.
sub sandbox {
    my ($pattern, $name) = @_;

    return like($said{sandbox}, $pattern, $name) || diag($said{sandbox});
}

sandbox(qr/"user_name":"张伟"/, 'who it is, signed by hand');
sandbox(qr/"passed":"T"/, 'a face passes');
sandbox(qr/"match":true/, 'name and number');
sandbox(qr/WAIT_BUYER_PAY.*"result_code":"9000".*TRADE_SUCCESS.*
    "fund_change":"Y"/xs, 'paid, and given back in part');
sandbox(qr/"out_trade_no":"order2"/, 'and by a code');
sandbox(qr/"out_trade_no":"order3"[^\n]*"answer":"failure"/, 'a notification');
sandbox(qr/支付宝交易号/, 'a bill, read');
sandbox(qr/"authorization_endpoint":/, 'the issuer of cards');
sandbox(qr/"id_number":"630105199003079996"/, 'and whose card it is');


# ---- what is typed where ---------------------------------------------------

is_deeply([ map { $_->untyped } values %page ], [],
    'no block of these pages is left out');

sub slurp {
    my ($path) = @_;

    open my $file, '<:utf8', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}

# Blocks that no test would type: of a page that nobody has taken, or with a
# name that nobody asks for.
my @missing;
my %asks = map { $_ => slurp($_) } glob 't/http/*.t t/fault/*.t';
for my $name (Civic::Manual::pages()) {
    my $typist = $Civic::Manual::TYPED_BY{$name};
    my $page = quotemeta $name =~ s/\.md$//r;

    for my $block (Civic::Manual->new($name)->blocks(language => 'sh')) {
        my $word = $block->{name};

        next if $word eq 'elsewhere';
        next if $word eq '' && $typist && $asks{$typist} =~ /\b$page\b/;
        next if $word ne '' && grep { /\b$page\b/ && /'\Q$word\E'/ }
            values %asks;
        push @missing, "$name: $word: " . substr $block->{text}, 0, 40;
    }
}
is_deeply(\@missing, [], 'docs/ has no block that nobody types');

finish();
